# The module traceback is spoilt: the exception is described without it, and that is not the run's fuel.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^ZeroDivisionError: division by zero$
# stderr: line 15, in <module>
import traceback

def spin(*args, **options):
    while True:
        pass

for name, thing in list(vars(traceback).items()):
    if callable(thing):
        setattr(traceback, name, spin)
1 / 0
