# packages: more_itertools sortedcontainers toolz cachetools
import random

import more_itertools as mi
import toolz
from cachetools import LRUCache, TTLCache, cached
from sortedcontainers import SortedDict, SortedList, SortedSet

print(list(mi.chunked(range(7), 3)), list(mi.windowed("abcd", 2)), mi.first_true([0, 3]), list(mi.split_at("a-b-c", lambda c: c == "-")))
print(list(mi.distinct_permutations([1, 1, 2])), mi.ilen(range(9)), list(mi.interleave_longest("ab", "xyz")), dict(mi.map_reduce(range(6), lambda n: n % 2, reducefunc=sum)))
random.seed(1)
numbers = SortedList(random.randrange(1000) for _ in range(2000))
print(len(numbers), numbers[0], numbers[-1], numbers.bisect(500) == sum(n <= 500 for n in numbers), numbers == sorted(numbers))
print(SortedDict(b=2, a=1), SortedSet("hello"), list(SortedDict(enumerate("abcd")).irange(1, 2)))
print(toolz.pipe([1, 2, 3, 4], toolz.curried.filter(lambda n: n % 2) if hasattr(toolz, "curried") else list, list), toolz.groupby(len, ["a", "bb", "c"]), toolz.merge_with(sum, {"a": 1}, {"a": 2}))
calls = []


@cached(LRUCache(maxsize=2))
def square(n):
    calls.append(n)
    return n * n


print([square(n) for n in (1, 2, 1, 3, 2)], calls, TTLCache(10, 100, timer=lambda: 0).maxsize)
