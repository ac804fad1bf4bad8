"""Context managers of every kind."""
import io
from contextlib import (AbstractContextManager, ContextDecorator, ExitStack, chdir, closing, contextmanager, nullcontext,
                        redirect_stdout, suppress)
import os

log = []


class Transaction(AbstractContextManager):
    def __init__(self, name, swallow=()):
        self.name, self.swallow = name, swallow

    def __enter__(self):
        log.append(f"begin {self.name}")
        return self

    def __exit__(self, kind, error, trace):
        log.append(f"{'rollback' if kind else 'commit'} {self.name}")
        return kind is not None and issubclass(kind, self.swallow)


@contextmanager
def section(title):
    log.append(f"<{title}>")
    try:
        yield title.upper()
    except KeyError as error:
        log.append(f"key {error}")
    else:
        log.append("fine")
    finally:
        log.append(f"</{title}>")


class shouting(ContextDecorator):
    def __enter__(self):
        self.out = io.StringIO()
        self.redirect = redirect_stdout(self.out)
        self.redirect.__enter__()

    def __exit__(self, *details):
        self.redirect.__exit__(*details)
        print(self.out.getvalue().upper(), end="")


@shouting()
def speak(text):
    print(text)


def show():
    print(", ".join(log))
    log.clear()


with Transaction("a") as a, section("s") as s:
    print(a.name, s)
show()
with section("t"):
    {}["missing"]
show()
with suppress(ZeroDivisionError), Transaction("b"), section("u"):
    1 / 0
show()
with Transaction("c", swallow=ValueError):
    raise UnicodeError("swallowed")
show()
speak("quiet words")

with ExitStack() as stack:
    for name in "xyz":
        stack.enter_context(Transaction(name))
    stack.callback(log.append, "callback")
    stack.push(lambda kind, error, trace: log.append(f"saw {kind.__name__ if kind else None}") or True)
    kept = stack.pop_all()
print("kept", log)
log.clear()
with kept:
    raise LookupError
show()


@contextmanager
def twice():
    yield 1
    yield 2


@contextmanager
def never():
    if False:
        yield


for manager in (twice, never):
    try:
        with manager():
            pass
    except RuntimeError as error:
        print(error)
with closing(io.StringIO("text")) as stream, nullcontext(5) as five:
    print(stream.read(), five)
print(stream.closed)
os.makedirs("inner", exist_ok=True)
before = os.getcwd()
with chdir("inner"):
    print(os.path.basename(os.getcwd()), os.listdir("."))
print(os.getcwd() == before)
os.rmdir("inner")


class Half:
    def __enter__(self):
        return self


try:
    with Half():
        pass
except TypeError as error:
    print(error)
