"""A program that swallows the stop and goes on gets it again, wherever it goes on."""
# Box only.
import sqlite3


def inner():
    while True:
        try:
            while True: pass
        except BaseException as error:
            print("inner swallows", type(error).__name__)
            continue


def outer():
    for attempt in range(10**9):
        try:
            inner()
        except BaseException:
            print("outer swallows")


def from_c():
    """C code turns what a callback raises into an exception of its own."""
    base = sqlite3.connect(":memory:")
    base.create_function("call_back", 0, outer)
    try:
        base.execute("select call_back()")
    except sqlite3.Error as error:
        print(type(error).__name__, error)
    print("not reached")


class Key:
    def __lt__(self, other):
        try:
            from_c()
        finally:
            return True  # drops the exception


try:
    sorted([Key(), Key()])
    print("not reached")
except BaseException:
    pass
print("not reached")
