"""Generators chained into a pipeline, with itertools."""
from itertools import accumulate, chain, groupby, islice


def numbers(limit):
    n = 0
    while n < limit:
        yield n
        n += 1


def odd(source):
    for n in source:
        if n & 1:
            yield n


def windows(source, size):
    window = tuple(islice(source, size))
    yield window
    for n in source:
        window = window[1:] + (n,)
        yield window


def walk(tree):
    if tree:
        left, value, right = tree
        yield from walk(left)
        yield value
        yield from walk(right)


def build(low, high):
    if low >= high:
        return None
    middle = (low + high) // 2
    return build(low, middle), middle, build(middle + 1, high)


def run():
    total = sum(max(window) - min(window) for window in windows(odd(numbers(150_000)), 4))
    total += sum(walk(build(0, 12_000)))
    total += sum(len(list(group)) for _, group in groupby(accumulate(islice(chain(range(9), numbers(60_000)), 50_000)), lambda n: n >> 9))
    return total
