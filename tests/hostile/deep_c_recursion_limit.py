# Recursion through C with Python's limit switched off.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
import sys

sys.setrecursionlimit(2**31 - 1)

class Deep:
    def __repr__(self):
        return repr(Deep())

repr(Deep())
