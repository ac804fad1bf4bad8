"""A check that reports through its exit status."""
import atexit
import sys

problems = [name for name, good in {"disk": True, "network": False, "clock": False}.items() if not good]
atexit.register(print, "atexit: last words")


@atexit.register
def report():
    print("atexit:", len(problems), "problems")
    sys.stderr.write("on standard error\n")


def check():
    for status in (None, 0, 5, "text", (1, 2)):
        try:
            sys.exit(status)
        except SystemExit as stop:
            print(repr(stop.code), end=" ")
    print()
    try:
        raise SystemExit(len(problems) + 40)
    finally:
        print("finally runs")


atexit.register(print, "never")
atexit.unregister(print)
atexit.register(lambda: print("registered again"))
if __name__ == "__main__":
    check()
