"""Generators that delegate, send and are closed; iterators of one's own; itertools; loops of every kind."""
import contextlib
import itertools


class Countdown:
    def __init__(self, start):
        self.left = start

    def __iter__(self):
        return self

    def __next__(self):
        if self.left <= 0:
            raise StopIteration
        self.left -= 1
        return self.left


class Tree:
    def __init__(self, value):
        self.value, self.left, self.right = value, None, None

    def insert(self, value):
        node = self
        while True:
            side = "left" if value < node.value else "right"
            below = getattr(node, side)
            if below is None:
                setattr(node, side, Tree(value))
                return
            node = below

    def __iter__(self):
        waiting, node = [], self
        while waiting or node:
            while node:
                waiting.append(node)
                node = node.left
            node = waiting.pop()
            yield node.value
            node = node.right


def averages():
    total, count, result = 0.0, 0, None
    while True:
        value = yield result
        total += value
        count += 1
        result = total / count


def evens(source):
    for number in source:
        if number % 2 == 0:
            yield number


def chunks(source, size):
    part = []
    for item in source:
        part.append(item)
        if len(part) == size:
            yield tuple(part)
            part = []
    if part:
        yield tuple(part)


def nested(depth):
    if depth:
        yield depth
        yield from nested(depth - 1)


@contextlib.contextmanager
def counted(counts, name):
    counts[name] = counts.get(name, 0) + 1
    try:
        yield counts
    finally:
        counts["open"] = counts.get("open", 0) - 1


def triangle(rows):
    row = [1]
    for _ in range(rows):
        yield row
        row = [a + b for a, b in zip([0] + row, row + [0])]


def differences(values):
    previous = None
    for index, value in enumerate(values):
        if index:
            yield value - previous
        previous = value


root = Tree(500)
for n in range(600):
    root.insert(n * 7919 % 1000)
means = averages()
next(means)
mean = [means.send(n * 0.5) for n in range(1500)][-1]
means.close()
pieces = list(chunks(evens(n * n for n in range(1200)), 7))
counts = {}
for n in range(500):
    with counted(counts, n % 3):
        pass
runs = [(key, len(list(group))) for key, group in itertools.groupby(n // 9 for n in range(900))]
products = sum(a * b for a, b in itertools.product(range(25), repeat=2))
chosen = sum(1 for a, b, c in itertools.combinations(range(20), 3) if a + b > c)
running = list(itertools.accumulate(range(800), lambda a, b: (a + b) % 257))
cycle = [letter for letter, _ in zip(itertools.cycle("abc"), range(500))]
taken = list(itertools.takewhile(lambda n: n < 400, itertools.count(1, 3)))
slices = list(itertools.islice(itertools.chain(range(300), range(300, 0, -1)), 10, 500, 3))
squares = {n: n * n for n in range(400) if n % 3}
flags = {bool(n & 4) for n in range(100)}
pairs = [(a, b) for a in range(40) for b in range(a) if (a ^ b) & 1]
backwards = [item for item in reversed(pairs)][:5]
found = 0
for outer in range(60):
    for inner in range(60):
        if inner > outer:
            break
        if (outer + inner) % 3:
            continue
        found += 1
    else:
        found += 1000
n = 5000
while n:
    n -= 1
    if n % 1000 == 1:
        n -= 1
columns = list(map(list, zip(*triangle(20), strict=False)))
slope = sum(differences(x * x * 0.25 for x in range(1500)))
norm = sum(abs(x) * y for x, y in zip((n - 700 for n in range(1400)), (0.5 * n for n in range(1400)))) ** 0.5
print(sum(Countdown(2500)), sum(root), round(mean, 3), len(pieces), counts[0], len(runs), products, chosen, running[-1],
      "".join(cycle[:7]), len(taken), sum(slices), sum(squares.values()), len(flags), len(pairs), backwards[0], found, len(columns),
      slope, round(norm, 5), sum(sum(nested(12)) for _ in range(60)), any(n > 5000 for n in range(3000)), all(n < 5000
      for n in range(3000)))
