# The exception of the stop is caught by its own name.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
import pybox

while True:
    try:
        while True:
            pass
    except pybox.OutOfFuel:
        pass
