# A generator that does not let itself be closed.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
def stubborn():
    while True:
        try:
            yield
        except GeneratorExit:
            while True:
                pass

generator = stubborn()
next(generator)
del generator
