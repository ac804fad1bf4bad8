"""Ends with an uncaught exception that has a cause, a context and notes: a traceback on standard error, status 1."""
import sys
import traceback


class ConfigError(Exception):
    """Carries the name of the setting."""

    def __init__(self, name, problem):
        super().__init__(f"{name}: {problem}")
        self.name = name


def parse(settings, name):
    try:
        return int(settings[name])
    except KeyError:
        raise ConfigError(name, "is missing") from None
    except ValueError as error:
        raise ConfigError(name, "is no number") from error


def cleanup(settings):
    try:
        parse(settings, "port")
    finally:
        settings["log"].write("x")


for settings in ({}, {"port": "80x"}, {"port": "80"}):
    try:
        print(parse(settings, "port"))
    except ConfigError as error:
        print(error.name, error, repr(error.__cause__), error.__suppress_context__)

try:
    1 / 0
except ZeroDivisionError as error:
    error.add_note("while testing")
    print(traceback.format_exception_only(error), traceback.extract_tb(error.__traceback__)[0].lineno)
    kept = error
try:
    kept
    print(type(kept.__traceback__).__name__)
    error
except NameError as problem:
    print(problem)


def depth(n):
    if n == 0:
        raise LookupError("deep")
    depth(n - 1)


try:
    depth(50)
except LookupError as error:
    text = traceback.format_exc()
    print(len(text.splitlines()), "repeated" in text)
    summary = traceback.TracebackException.from_exception(error, limit=2, capture_locals=True)
    print(len(summary.stack), summary.stack[1].locals)
print("before the end")
sys.stdout.flush()
try:
    cleanup({"port": "http"})
except KeyError as error:
    error.add_note("first note")
    error.add_note("second note\nwith two lines")
    raise RuntimeError("could not start") from error
