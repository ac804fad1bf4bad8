# At the end of the program a new end is registered.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up
import atexit

def again():
    try:
        while True:
            pass
    finally:
        atexit.register(again)

atexit.register(again)
