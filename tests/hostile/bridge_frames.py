# The frames above the program are looked at and their locals changed.
# options: --fuel 100M
# expect: done - 0
# stdout: alive\n
import sys

frame = sys._getframe()
while frame is not None:
    for name in list(frame.f_globals):
        if name.startswith("_") and frame.f_globals is not globals():
            frame.f_globals[name] = None
    frame.f_trace = lambda *args: 1 / 0
    frame = frame.f_back
print("alive")
