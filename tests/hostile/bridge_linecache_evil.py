# What finds lines for tracebacks never ends.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import linecache

def spin(*args, **options):
    while True:
        pass

for name in ("getline", "getlines", "checkcache", "lazycache", "updatecache"):
    setattr(linecache, name, spin)
1 / 0
