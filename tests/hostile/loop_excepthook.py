# The hook for uncaught exceptions never ends.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up
import sys

def hook(*error):
    while True:
        pass

sys.excepthook = hook
1 / 0
