# A chain of generators ten thousand long.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
def layer(inner):
    yield from inner

chain = iter(())
for _ in range(10**4):
    chain = layer(chain)
next(chain)
