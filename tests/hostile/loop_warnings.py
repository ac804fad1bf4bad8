# What shows a warning warns.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
import warnings

def show(*args, **options):
    warnings.warn("again")

warnings.simplefilter("always")
warnings.showwarning = show
warnings.warn("once")
