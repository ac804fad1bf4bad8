"""Looks things up in sorted lists: tariffs, intervals, a sorted collection of its own."""
import bisect
from collections.abc import MutableSequence


def grade(score, limits=(50, 60, 70, 85), letters="FDCBA"):
    return letters[bisect.bisect(limits, score)]


class SortedList(MutableSequence):
    def __init__(self, items=(), key=None):
        self._items, self._key = [], key
        for item in items:
            self.add(item)

    def add(self, item):
        bisect.insort(self._items, item, key=self._key)

    def insert(self, index, item):
        raise TypeError("use add()")

    def __getitem__(self, index):
        return self._items[index]

    def __setitem__(self, index, item):
        del self._items[index]
        self.add(item)

    def __delitem__(self, index):
        del self._items[index]

    def __len__(self):
        return len(self._items)

    def __contains__(self, item):
        index = bisect.bisect_left(self._items, item if self._key is None else self._key(item), key=self._key)
        return index < len(self) and self._items[index] == item


class Intervals:
    """Half-open intervals; overlapping ones are joined."""

    def __init__(self):
        self.edges = []

    def add(self, start, end):
        left, right = bisect.bisect_left(self.edges, start), bisect.bisect_right(self.edges, end)
        self.edges[left:right] = [start] * (left % 2 == 0) + [end] * (right % 2 == 0)

    def __contains__(self, point):
        return bisect.bisect_right(self.edges, point) % 2 == 1

    def __iter__(self):
        return zip(self.edges[::2], self.edges[1::2])


print([grade(score) for score in (33, 99, 77, 70, 89, 90, 100, 50, 49.9)])
words = SortedList("the quick brown fox jumps over lazy dogs".split(), key=len)
print(list(words), "quick" in words, "slow" in words, len(words))
words[0] = "elephants"
del words[-2]
print(list(words), words.index("over"), words.count("fox"), words.pop(), list(reversed(words))[:2])
for action in (lambda: words.append("x"), lambda: words.insert(0, "x"), lambda: words.index("zebra"), lambda: words[99]):
    try:
        action()
    except (TypeError, ValueError, IndexError) as error:
        print(type(error).__name__, error)
booked = Intervals()
for start, end in ((9, 10), (12, 13), (15, 17), (10, 12), (16, 18), (1, 2), (0, 3)):
    booked.add(start, end)
    print(list(booked), end=" ")
print()
print([hour for hour in range(24) if hour not in booked])
data = [1, 2, 2, 2, 3, 5]
print(bisect.bisect_left(data, 2), bisect.bisect_right(data, 2), bisect.bisect_left(data, 4, 1, 3), bisect.bisect(data, 9))
