"""A suspended generator that holds the stop does not keep it away from the rest of the program."""
# Box only.
import pybox


def keeper():
    try:
        while True: pass
    except pybox.Stopped as error:
        yield error  # suspended inside of the handler
        print("not reached")


def drive():
    kept = keeper()
    error = next(kept)
    print("got", type(error).__name__)
    while True: pass


try:
    drive()
finally:
    print("finally")
