# The __exit__ of a with statement never ends.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
class Held:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        while True:
            pass

with Held():
    pass
