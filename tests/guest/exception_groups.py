"""Exception groups: raised, split, filtered and shown."""
import traceback


class RetryError(ExceptionGroup):
    def derive(self, exceptions):
        return RetryError(self.message, exceptions)


def attempts(functions):
    errors = []
    for number, function in enumerate(functions, 1):
        try:
            return function()
        except Exception as error:
            error.add_note(f"attempt {number}")
            errors.append(error)
    raise RetryError("all attempts failed", errors)


def fail(error):
    def function():
        raise error
    return function


print(attempts([fail(OSError("a")), lambda: "second worked"]))
try:
    attempts([fail(OSError("disk")), fail(ValueError("value")), fail(TimeoutError("slow")),
              fail(ExceptionGroup("nested", [ValueError("inner"), TypeError("type")]))])
except* OSError as group:
    print(type(group).__name__, [type(error).__name__ for error in group.exceptions])
except* ValueError as group:
    print(group.message, group.exceptions[1], [error.__notes__ for error in group.exceptions if hasattr(error, "__notes__")])
except* TypeError as group:
    print("types:", group.exceptions[0].exceptions)

group = ExceptionGroup("many", [KeyError(1), ExceptionGroup("in", [KeyError(2), OSError("x")])])
match, rest = group.split(KeyError)
print(repr(match), repr(rest), group.subgroup(lambda error: error.args == (2,)))
try:
    try:
        raise group
    except* KeyError:
        print("only part is handled")
except ExceptionGroup as left:
    print("left:", left, left.exceptions)
try:
    try:
        raise ExceptionGroup("g", [ValueError("old")])
    except* ValueError:
        raise RuntimeError("new")
except RuntimeError as error:
    print(error, "|", repr(error.__context__))
for make in (lambda: ExceptionGroup("empty", []), lambda: ExceptionGroup("not", [1]), lambda: ExceptionGroup("base", [KeyboardInterrupt()])):
    try:
        make()
    except (ValueError, TypeError) as error:
        print(type(error).__name__, error)
try:
    attempts([fail(OSError("one")), fail(ExceptionGroup("two", [ValueError("three")]))])
except RetryError as error:
    print("".join(traceback.format_exception(error)), end="")
