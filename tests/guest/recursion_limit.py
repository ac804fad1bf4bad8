"""Too deep recursion is an exception, in Python code and in the C code behind it."""
import copy
import json
import pickle
import re
import sys


def endless(n=0):
    return endless(n + 1)


def measure():
    deepest = 0

    def dive(n):
        nonlocal deepest
        deepest = n
        dive(n + 1)
    try:
        dive(1)
    except RecursionError:
        return deepest


try:
    endless()
except RecursionError as error:
    print(type(error).__name__, error)
print(sys.getrecursionlimit(), 950 < measure() < 1000)
sys.setrecursionlimit(5000)
print(4950 < measure() < 5000)
sys.setrecursionlimit(200)
print(150 < measure() < 200)
sys.setrecursionlimit(1000)


class Loop:
    def __getattr__(self, name):
        return getattr(self, name + "x")

    def __repr__(self):
        return repr(self)

    def __eq__(self, other):
        return other == self

    def __hash__(self):
        return hash((self,))


loop = Loop()
for action in (lambda: loop.a, lambda: repr(loop), lambda: loop == Loop(), lambda: hash(loop), lambda: str([loop])):
    try:
        action()
    except RecursionError:
        print("caught", end=" ")
print()
deep = []
for _ in range(100_000):
    deep = [deep]
for action in (lambda: repr(deep), lambda: json.dumps(deep), lambda: copy.deepcopy(deep), lambda: deep == eval("[" * 50 + "]" * 50) or 0,
               lambda: json.loads("[" * 100_000), lambda: pickle.dumps(deep)):
    try:
        action()
        print("done", end=" ")
    except RecursionError:
        print("caught", end=" ")
print()
for source in ("(" * 300 + ")" * 300, "-" * 100_000 + "1", "x" + ".a" * 50_000, "f" + "()" * 100_000):
    try:
        compile(source, "deep", "eval")
        print("compiled")
    except (RecursionError, MemoryError, SyntaxError) as error:
        print("refused")
print(re.fullmatch("(?:ab?)*", "ab" * 50_000) is not None)


def tramp(function, *args):
    result = function(*args)
    while callable(result):
        result = result()
    return result


def even(n):
    return True if n == 0 else lambda: odd(n - 1)


def odd(n):
    return False if n == 0 else lambda: even(n - 1)


print(tramp(even, 100_000), measure() > 950)
del deep
