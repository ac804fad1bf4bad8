# A __del__ that cannot be told to end.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up
class Dying:
    def __del__(self):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass

Dying()
