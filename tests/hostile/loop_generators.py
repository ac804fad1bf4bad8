# Generators that delegate to each other for ever.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
def ping(n):
    while True:
        yield n
        yield from pong(n + 1)

def pong(n):
    for i in range(3):
        yield i

for _ in ping(0):
    pass
