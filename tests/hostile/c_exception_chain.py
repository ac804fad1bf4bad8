# A chain of exceptions, which is searched for a ring with each one that is added.
# options: --memory 96M --fuel 1G
# expect: out_of_fuel fuel 121
error = ValueError()
while True:
    try:
        try:
            raise error
        finally:
            raise KeyError(bytes(1000))
    except KeyError as next_error:
        error = next_error
