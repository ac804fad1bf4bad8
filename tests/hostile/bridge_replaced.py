# The bridge's functions are replaced.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import gc
import sys

def spin(*args, **options):
    while True:
        pass

for module in [m for m in gc.get_objects() if isinstance(m, type(sys)) and "pybox" in m.__name__]:
    for name, thing in list(vars(module).items()):
        if callable(thing):
            setattr(module, name, spin)
while True:
    pass
