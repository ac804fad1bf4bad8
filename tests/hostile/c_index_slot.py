# An __index__ that never ends, called from C.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
class Evil:
    def __index__(self):
        while True:
            pass

[1, 2, 3][Evil() : Evil()]
