"""A program that does not compile: nothing runs, the error shows the place, status 1."""
print("this is never printed")


def total(items):
    result = 0
    for item in items
        result += item
    return result
