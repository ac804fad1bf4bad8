"""The recursion limit is an option of the box."""
# Box only.
import sys


def depth(n):
    try:
        return depth(n + 1)
    except RecursionError:
        return n


print(sys.getrecursionlimit(), 190 < depth(0) < 200)
