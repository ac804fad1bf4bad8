# The same with Python's limit switched off.
# options: --fuel 100G --memory 64M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
import sys

sys.setrecursionlimit(2**31 - 1)

def f():
    return f()

f()
