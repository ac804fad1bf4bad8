# Tuples of classes a hundred thousand deep.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
deep = int
for _ in range(10**5):
    deep = (deep,)
isinstance("", deep)
