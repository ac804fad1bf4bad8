# The bridge's own modules are found and called with rubbish.
# options: --fuel 10G
# expect: done - 0
# stdout: alive\n
import gc
import sys

for module in [m for m in gc.get_objects() if isinstance(m, type(sys)) and "pybox" in m.__name__]:
    for name, thing in list(vars(module).items()):
        for args in ((), (1,), (b"x",), ({},), (None, None), (0, b"", 1, 2, 3)):
            if callable(thing) and getattr(thing, "__module__", None) == module.__name__:
                try:
                    thing(*args)
                except BaseException:
                    pass
print("alive")
