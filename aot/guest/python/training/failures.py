"""Exceptions raised, chained, caught, left to finally blocks and context managers; what has no error but might."""
import contextlib
import traceback


class Refused(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Late(Refused):
    pass


def parse(text):
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError as error:
            raise Refused(len(text), f"not a number: {text!r}") from error


def guarded(table, key):
    try:
        value = table[key]
    except KeyError:
        return -1
    else:
        return value * 2
    finally:
        table["asked"] = table.get("asked", 0) + 1


def deep(n):
    if n == 0:
        raise Late(7, "the bottom")
    try:
        deep(n - 1)
    except Refused:
        raise
    finally:
        counts["left"] += 1


def sequence(values):
    iterator = iter(values)
    while True:
        try:
            yield next(iterator)
        except StopIteration:
            return


class Lock:
    def __init__(self):
        self.held = 0

    def __enter__(self):
        self.held += 1
        return self

    def __exit__(self, kind, error, where):
        self.held -= 1
        return isinstance(error, LookupError)


def attempt(n, lock):
    with lock:
        if n % 3 == 0:
            return [1, 2, 3][n % 5]
        if n % 3 == 1:
            return {}["missing"]
        return n
    return -1


def checked(value):
    assert value >= 0, "negative"
    return value ** 0.5


counts = {"left": 0, "refused": 0}
lock = Lock()
total = 0
for n in range(900):
    try:
        total += parse(("%d" if n % 3 else "%d.5" if n % 2 else "x%d") % n)
    except Refused as refused:
        counts["refused"] += refused.code
table = {n: n for n in range(0, 100, 2)}
total += sum(guarded(table, n % 120) for n in range(1200))
total += sum(attempt(n, lock) for n in range(900))
for n in range(60):
    try:
        deep(n % 12)
    except (TypeError, Late) as late:
        total += late.code
for n in range(300):
    with contextlib.suppress(ZeroDivisionError, AttributeError):
        total += n // (n % 4)
        None.missing
    try:
        checked(n % 7 - 2)
    except AssertionError as error:
        total += len(error.args[0])
    try:
        "text" + n
    except TypeError:
        total += 1
    except Exception:
        total -= 1
    try:
        getattr(n, "absent")
    except AttributeError as error:
        total += error.name == "absent"
try:
    try:
        parse("none")
    except Refused as error:
        raise RuntimeError("while parsing") from error
except RuntimeError as error:
    lines = traceback.format_exception(error)
try:
    raise ExceptionGroup("several", [ValueError(1), KeyError(2), ValueError(3)])
except* ValueError as group:
    total += len(group.exceptions)
except* KeyError:
    total += 10
print(total, counts, len(lines) > 5, sum(sequence(range(800))), lock.held)
