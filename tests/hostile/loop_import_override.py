# Every import is an endless loop.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
import builtins

def spin(*args, **options):
    while True:
        pass

builtins.__import__ = spin
import this
