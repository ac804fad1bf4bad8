# An exception whose text never ends.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up
class Evil(Exception):
    def __str__(self):
        while True:
            pass

raise Evil
