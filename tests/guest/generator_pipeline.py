"""Lazy pipelines, coroutines by send(), and what generators do at their ends."""
import re
from contextlib import closing
from itertools import islice

TEXT = """
# settings
host = example.org
port=8080   # not the usual one

path = /srv/\\
data/\\
files
broken line
"""
trace = []


def lines(text):
    for number, line in enumerate(text.splitlines(), 1):
        trace.append(number)
        yield line


def joined(source):
    kept = ""
    for line in source:
        if line.endswith("\\"):
            kept += line[:-1]
        else:
            yield kept + line
            kept = ""


def uncommented(source):
    for line in source:
        line = re.sub(r"#.*", "", line).strip()
        if line:
            yield line


def pairs(source):
    for line in source:
        key, equals, value = map(str.strip, line.partition("="))
        if not equals:
            return f"stopped at {line!r}"
        yield key, value


def main():
    result = yield from pairs(uncommented(joined(lines(TEXT))))
    yield "end", result


settings = main()
print(next(settings), "after lines", trace)
print(dict(settings), "after lines", trace)


def average():
    total = count = 0
    mean = None
    while True:
        try:
            value = yield mean
        except ValueError as error:
            print("told:", error)
            total = count = 0
            continue
        except GeneratorExit:
            print("closed after", count)
            raise
        total, count = total + value, count + 1
        mean = total / count


running = average()
next(running)
print([running.send(n) for n in (10, 20, 60)])
running.throw(ValueError("start over"))
print(running.send(5))
running.close()
try:
    running.send(1)
except StopIteration as stop:
    print("StopIteration", stop.value)


def primes():
    composite = {}
    n = 2
    while True:
        factors = composite.pop(n, None)
        if factors is None:
            yield n
            composite[n * n] = [n]
        else:
            for factor in factors:
                composite.setdefault(n + factor, []).append(factor)
        n += 1


def flatten(tree):
    for node in tree:
        if isinstance(node, list):
            yield from flatten(node)
        else:
            yield node


with closing(primes()) as source:
    print(list(islice(source, 5, 15)))
print(list(flatten([1, [2, [3, [4, []], 5]], [[6]]])))
squares = (n * n for n in range(10 ** 9))
print(next(squares), next(squares), sum(islice(squares, 10)), 10 ** 4 in (n * n for n in range(200)))


def bad():
    yield 1
    raise StopIteration


try:
    list(bad())
except RuntimeError as error:
    print(error, "from", repr(error.__cause__))
gen = (x for x in [1])
try:
    def recursive():
        yield next(it)
    it = recursive()
    next(it)
except ValueError as error:
    print(error)
print(gen.gi_running, gen.gi_frame is not None, list(gen), gen.gi_frame)
