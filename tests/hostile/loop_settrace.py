# A trace function never ends, and switches itself on again.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up
import sys

def tracer(frame, event, argument):
    sys.settrace(tracer)
    while True:
        pass

def traced():
    return 1

sys.settrace(tracer)
traced()
