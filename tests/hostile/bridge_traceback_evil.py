# The module traceback is spoilt.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import traceback

def spin(*args, **options):
    while True:
        pass

for name, thing in list(vars(traceback).items()):
    if callable(thing):
        setattr(traceback, name, spin)
1 / 0
