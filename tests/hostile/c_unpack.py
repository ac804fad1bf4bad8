# Unpacking what has no end, with a star in the middle.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
import itertools

first, *rest, last = itertools.count()
