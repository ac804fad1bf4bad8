# A profile function that swallows and goes on.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
import sys

def profiler(frame, event, argument):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass

sys.setprofile(profiler)
len("")
