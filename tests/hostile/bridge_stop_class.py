# The exceptions of the stop are spoilt.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import pybox

def spin(*args, **options):
    while True:
        pass

for name in dir(pybox):
    thing = getattr(pybox, name)
    if isinstance(thing, type):
        for method in ("__init__", "__new__", "__str__", "__class__"):
            try:
                setattr(thing, method, spin)
            except BaseException:
                pass
    try:
        delattr(pybox, name)
    except BaseException:
        pass
while True:
    pass
