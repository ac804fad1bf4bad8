"""An exception that was raised because of the stop: its way out is not cut short, but nobody can go on after it."""
# Box only.


def work():
    try:
        while True: pass
    except BaseException as error:
        raise RuntimeError("the work failed") from error


def service():
    try:
        work()
    finally:
        print("cleanup", sum(n for n in range(1000)))


for attempt in range(3):
    try:
        service()
    except RuntimeError as error:
        print("caught", error, "because of", type(error.__cause__).__name__)
