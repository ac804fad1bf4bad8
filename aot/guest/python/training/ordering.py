"""Sorting, searching, grouping: numbers, texts, tuples, records, keys and comparisons; sets, dictionaries, graphs."""
import bisect
import collections
import copy
import functools
import heapq
import operator
import random

rng = random.Random(20)
whole = [rng.randrange(100000) for _ in range(3000)]
reals = [rng.random() * 100 for _ in range(2000)]
words = ["".join(rng.choice("abcdefghij") for _ in range(rng.randrange(3, 9))) for _ in range(1500)]
people = [{"name": word, "age": rng.randrange(90), "town": rng.choice(("Bonn", "Ulm", "Trier", "Kiel"))}
    for word in words[:700]]
points = [(rng.randrange(50), rng.randrange(50)) for _ in range(1200)]


def compare(a, b):
    return (a[1] > b[1]) - (a[1] < b[1]) or (a[0] > b[0]) - (a[0] < b[0])


def merge(left, right):
    result, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            result.append(left[i])
            i += 1
        else:
            result.append(right[j])
            j += 1
    return result + left[i:] + right[j:]


def merge_sort(values):
    if len(values) < 2:
        return values
    middle = len(values) // 2
    return merge(merge_sort(values[:middle]), merge_sort(values[middle:]))


def partition(values, low, high):
    pivot, i = values[high], low
    for j in range(low, high):
        if values[j] < pivot:
            values[i], values[j] = values[j], values[i]
            i += 1
    values[i], values[high] = values[high], values[i]
    return i


def quick_sort(values):
    stack = [(0, len(values) - 1)]
    while stack:
        low, high = stack.pop()
        if low < high:
            at = partition(values, low, high)
            stack += [(low, at - 1), (at + 1, high)]
    return values


def spanning(edges):
    parent = {}

    def find(node):
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node
    total = 0
    for weight, a, b in sorted(edges):
        a, b = find(a), find(b)
        if a != b:
            parent[a] = b
            total += weight
    return total


def order_of(needs):
    left = {task: len(before) for task, before in needs.items()}
    after = collections.defaultdict(set)
    for task, before in needs.items():
        for other in before:
            after[other].add(task)
    ready = [task for task, count in left.items() if not count]
    result = []
    while ready:
        task = ready.pop()
        result.append(task)
        for other in sorted(after[task]):
            left[other] -= 1
            if not left[other]:
                ready.append(other)
    return result


def change(amount, coins):
    ways = [1] + [0] * amount
    for coin in coins:
        for n in range(coin, amount + 1):
            ways[n] += ways[n - coin]
    return ways[amount]


def common(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            table[i][j] = table[i - 1][j - 1] + 1 if x == y else max(table[i - 1][j], table[i][j - 1])
    return table[-1][-1]


def fill(grid, row, column, colour):
    stack, old, size = [(row, column)], grid[row][column], len(grid)
    while stack:
        r, c = stack.pop()
        if 0 <= r < size and 0 <= c < size and grid[r][c] == old:
            grid[r][c] = colour
            stack.extend(((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)))
    return sum(cell == colour for line in grid for cell in line)


ordered = sorted(whole), sorted(reals, reverse=True), sorted(words), sorted(points)
keyed = sorted(words, key=len), sorted(people, key=operator.itemgetter("town", "age")), sorted(points,
    key=lambda p: (p[1], -p[0]))
compared = sorted(points[:500], key=functools.cmp_to_key(compare))
nearly = sorted(ordered[0][:1500] + [5, 3])
lowered = sorted(set(words), key=str.upper)
merged = merge_sort(whole[:600]), quick_sort(whole[:800])
towns = collections.defaultdict(lambda: [0, 0])
for person in people:
    towns[person["town"]][0] += 1
    towns[person["town"]][1] += person["age"]
index = {}
for position, word in enumerate(words):
    index.setdefault(word[:2], []).append(position)
inverse = {position: start for start, positions in index.items() for position in positions}
first, second = set(whole[:1500]), set(whole[1000:2500])
sets = len(first & second), len(first | second), len(first - second), len(first ^ second), first <= second, first.isdisjoint(range(9))
letters = collections.Counter("".join(words))
small, large = heapq.nsmallest(5, whole), heapq.nlargest(5, reals)
merged_streams = sum(a * b for a, b in enumerate(heapq.merge(ordered[0][::50], ordered[0][1::50])))
places = [bisect.bisect_left(ordered[0], n) for n in range(0, 100000, 150)]
removed = list(range(300))
for n in range(0, 300, 3):
    removed.remove(n)
    removed.insert(n % 7, n)
copied = copy.deepcopy(people[:80])
edges = [(rng.randrange(100), rng.randrange(60), rng.randrange(60)) for _ in range(500)]
needs = {n: {k for k in range(max(0, n - 5), n) if (n * k) % 3 == 0} for n in range(200)}
grid = [[(r * c) % 5 > 0 for c in range(30)] for r in range(30)]
counts = dict.fromkeys(words, 0)
for word in words:
    counts[word] += 1
for word in words[:300]:
    counts.pop(word, None)
least, most = min(counts.items(), key=lambda item: (item[1], item[0])), max(counts.values())
print(ordered[0][7], keyed[0][3], keyed[2][9], compared[5], len(nearly), len(lowered), merged[0][:2], merged[1][:2],
    sorted(towns.items())[0],
      len(inverse), sets, letters.most_common(1), small, large[0] > 90, merged_streams, sum(places), removed[:4], copied == people[:80],
      spanning(edges), len(order_of(needs)), change(300, (1, 2, 5, 10, 20, 50)), common(words[0] * 8,
      words[1] * 9), fill(grid, 1, 1, 7), least, most)
