# A callback of the garbage collector never ends.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up
import gc

def spin(phase, info):
    while True:
        pass

gc.callbacks.append(spin)
gc.collect()
