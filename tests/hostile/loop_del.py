# A __del__ that never ends.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up
class Dying:
    def __del__(self):
        while True:
            pass

Dying()
print("went on")
