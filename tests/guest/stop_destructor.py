"""A destructor that never ends: it is stopped, and so is the program that would go on after it."""
# Box only.


class Endless:
    def __del__(self):
        while True: pass


def drop():
    thing = Endless()
    del thing
    print("not reached")


try:
    drop()
finally:
    print("finally")
