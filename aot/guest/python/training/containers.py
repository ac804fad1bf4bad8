"""Lists, tuples, dicts, sets, slices, comprehensions, unpacking, sorting, deques, heaps."""
import bisect
import collections
import heapq
import itertools
import operator

words = ("the quick brown fox jumps over the lazy dog and runs away from " * 40).split()
lengths = collections.defaultdict(list)
for position, word in enumerate(words):
    lengths[len(word)].append((word, position))
tally = collections.Counter(words)
first, *rest, last = sorted(tally.items(), key=operator.itemgetter(1, 0), reverse=True)
grid = [[(row * column) % 7 for column in range(30)] for row in range(30)]
turned = [list(column) for column in zip(*grid)]
flat = list(itertools.chain.from_iterable(turned))
uniques = {cell for cell in flat if cell & 1} | {n * n for n in range(20)}
pairs = {(a, b): a * b for a in range(25) for b in range(25) if a != b}
queue = collections.deque(maxlen=50)
heap = []
for n in range(3000):
    queue.append(n ^ (n >> 1))
    heapq.heappush(heap, (n * 7919) % 1009)
    if n % 3 == 0:
        heapq.heappop(heap)
        queue.popleft()
ordered = []
for n in range(700):
    bisect.insort(ordered, (n * 31) % 997)
window = [flat[i:i + 5] for i in range(0, len(flat), 5)]
window[3:6] = [[0]]
del window[::2]
matrix = {row: dict(enumerate(values)) for row, values in enumerate(grid)}
merged = {**matrix[0], **{key: value + 1 for key, value in matrix[1].items()}}
counts = {}
for n in range(4000):
    key = n % 97
    counts[key] = counts.get(key, 0) + 1
    if key in uniques and n not in pairs:
        counts.setdefault(str(key), []).append(n)
stack = list(range(200))
while stack:
    top = stack.pop()
    if top % 5 == 0 and top > 100:
        stack.extend((top // 2, top // 3))
numbers = sorted((n * 16807 % 2147483647 for n in range(2500)), key=lambda n: -n)
print(first, last, len(rest), sum(heap), len(ordered), sum(map(len, window)), merged[3], max(numbers), min(numbers),
      sum(x * y for x, y in zip(flat, flat[1:])), any(n < 0 for n in numbers), all(flat) or len(counts))
