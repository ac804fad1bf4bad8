# What shows a warning never ends.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
import warnings

def show(*args, **options):
    while True:
        pass

warnings.showwarning = show
warnings.warn("once")
