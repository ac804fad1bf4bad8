"""Out of fuel: `finally` and `with` blocks run on the way out, and `except Exception` lets it pass."""
# Box only.
import contextlib
import io
import pybox


class Resource:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        print("open", self.name)
        return self

    def __exit__(self, kind, error, trace):
        print("close", self.name, kind.__name__, sum(n for n in range(100)))


@contextlib.contextmanager
def logged(what):
    try:
        yield
    except Exception:
        print("not for except Exception")
    finally:
        for step in range(3):
            print(what, "cleanup", step)


def numbers():
    try:
        yield 1
    finally:
        print("generator closed", len([n for n in range(50)]))


def spin():
    try:
        for number in numbers():
            while True: pass
    except Exception:
        print("not for except Exception")
    except (ValueError, pybox.Interrupted):
        print("not the others either")
    finally:
        print("finally in spin")


log = io.StringIO()
try:
    with contextlib.ExitStack() as stack:
        stack.enter_context(Resource("first"))
        stack.enter_context(contextlib.redirect_stderr(log))
        stack.callback(lambda: print("callback", [n * n for n in range(4)]))
        with Resource("second"), logged("work"):
            spin()
except pybox.Stopped as stopped:
    print(type(stopped).__mro__)
    print(isinstance(stopped, Exception), isinstance(stopped, pybox.OutOfFuel), stopped)
    raise
