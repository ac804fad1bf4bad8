# Streams whose methods never end.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import sys

class Evil:
    def __getattr__(self, name):
        while True:
            pass

sys.stdout = sys.stderr = Evil()
1 / 0
