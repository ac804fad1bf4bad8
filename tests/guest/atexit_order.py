"""What runs at the end, in which order, even when part of it fails."""
import atexit
import sys
import weakref


class Resource:
    def __init__(self, name):
        self.name = name
        self.finalizer = weakref.finalize(self, print, "finalized", name)

    def __del__(self):
        print("deleted", self.name)


first = Resource("first")
second = Resource("second")
del second


def broken():
    raise ValueError("in atexit")


atexit.register(print, "registered first, runs last")
atexit.register(broken)
atexit.register(lambda: atexit.register(print, "registered while ending"))
atexit.register(lambda: sys.stdout.write("no newline at the end of this line|"))
print("main is done", first.finalizer.alive, atexit._ncallbacks() >= 4)
