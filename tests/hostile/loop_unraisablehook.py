# The hook for exceptions that cannot be raised never ends.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up
import sys

def hook(unraisable):
    while True:
        pass

class Dying:
    def __del__(self):
        1 / 0

sys.unraisablehook = hook
Dying()
