# The callback of a dying weak reference never ends.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up
import weakref

class Thing:
    pass

def spin(reference):
    while True:
        pass

thing = Thing()
reference = weakref.ref(thing, spin)
del thing
