# An exit whose code is no code.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up
import sys

class Evil:
    def __str__(self):
        while True:
            pass

sys.exit(Evil())
