# The repr() of a list a hundred thousand deep.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
deep = []
for _ in range(10**5):
    deep = [deep]
repr(deep)
