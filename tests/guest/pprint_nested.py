"""Pretty-printing of nested data, and reprlib for what is too long."""
import pprint
import reprlib
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
from types import MappingProxyType, SimpleNamespace


@dataclass
class Track:
    title: str
    seconds: int
    tags: list = field(default_factory=list)
    secret: str = field(default="hidden", repr=False)


library = {
    "albums": [{"name": "First", "tracks": [Track("Intro", 61), Track("A considerably longer title of a track", 245, ["live", "remix"])]},
               {"name": "Second", "tracks": []}],
    "counts": Counter("mississippi"),
    "nested": {"level": {"level": {"level": {"level": "deep"}}}},
    "default": defaultdict(int, a=1),
    "ordered": OrderedDict([("z", 1), ("a", 2)]),
    "queue": deque(range(5), maxlen=9),
    "set": {3, 1, 2},
    "long": "some words " * 12,
    "bytes": bytes(range(40)),
    "tuple": (1,), "empty": [[], {}, ()], "big": 123456789,
}
pprint.pprint(library, width=80)
pprint.pp({"b": 1, "a": 2}, sort_dicts=False)
pprint.pprint(library["nested"], depth=2)
print(pprint.pformat(list(range(30)), width=40, compact=True))
print(pprint.pformat({"number": 1234567, "other": [1000, 0.5]}, underscore_numbers=True))
loop = [1]
loop.append(loop)
print(pprint.isrecursive(loop), pprint.isreadable(loop), pprint.saferepr(loop).split(" with")[0])
pprint.pprint(SimpleNamespace(name="x" * 40, other="y" * 40))
pprint.pprint(MappingProxyType({"k": list("abcdefghijklmnopqrstuvwxyz")}))
pprint.pprint(ChainMap({"a": 1}, {"b": 2}))
Point = namedtuple("Point", "x y")
pprint.pprint([Point(n, n * n) for n in range(12)], width=60)
print(reprlib.repr(list(range(100))), reprlib.repr("x" * 100), reprlib.repr({n: n for n in range(10)}))


class Chain:
    def __init__(self, parent=None):
        self.parent = parent or self

    @reprlib.recursive_repr()
    def __repr__(self):
        return f"Chain({self.parent!r})"


print(Chain(), Chain(Chain()))
