"""Warnings: shown once, turned into errors, caught, filtered."""
import warnings


def old(n):
    warnings.warn(f"old({n}) is deprecated", DeprecationWarning, stacklevel=2)
    return n


class Careful(UserWarning):
    pass


@warnings.deprecated("use new()")
def older():
    return "older"


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    old(1)
    old(2)
    older()
    warnings.warn("careful", Careful)
print([(warning.category.__name__, str(warning.message)) for warning in caught])
with warnings.catch_warnings():
    warnings.simplefilter("error", Careful)
    try:
        warnings.warn("now an error", Careful)
    except Careful as error:
        print(repr(error))
for _ in range(3):
    warnings.warn("shown once per place")
warnings.filterwarnings("ignore", message=".*secret.*")
warnings.warn("a secret")
warnings.showwarning = lambda message, category, *rest: print("shown by us:", category.__name__, message)
warnings.warn("last", RuntimeWarning)
print(warnings.formatwarning("text", UserWarning, "file.py", 3, "line = 1"), end="")
print("end")
