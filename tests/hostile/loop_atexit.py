# A function for the end of the program that never ends.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stdout: the program is over\n
# stderr: ^pybox: stopped: the fuel of 100M was used up
import atexit

@atexit.register
def spin():
    while True:
        pass

print("the program is over")
