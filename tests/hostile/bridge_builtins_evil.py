# What Python has built in never ends.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import builtins

def spin(*args, **options):
    while True:
        pass

for name in ("len", "isinstance", "repr", "str", "print", "type", "getattr", "open", "callable", "min", "max", "all"):
    setattr(builtins, name, spin)
1 / 0
