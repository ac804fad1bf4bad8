# The same with Python's limit switched off.
# options: --fuel 100G --memory 64M
# expect: exception - 1
# stderr: ^(SystemError|MemoryError|RecursionError)
import sys

sys.setrecursionlimit(2**31 - 1)

def f():
    return f()

f()
