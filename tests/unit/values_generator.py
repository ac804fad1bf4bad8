"""Random values and a strict comparison, for test_values_random.c: it runs in a box, and the host passes the values around."""

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import math
import random
import uuid


class Colour(enum.Enum):
    RED = 1
    BLUE = "b"


class Number(enum.IntEnum):
    SEVEN = 7


class Right(enum.Flag):
    READ = 4
    WRITE = 2


@dataclasses.dataclass(eq=False)
class Point:
    x: object
    y: object = None


Pair = collections.namedtuple("Pair", "first second")
r = random.Random()


def text():
    parts = ["a", '"', "\\", "\n", "\0", "\x7f", "é", "€", "\U0001f600", "$", "z" * 9, "/"]
    return "".join(r.choice(parts) for _ in range(r.choice([0, 1, 3, 8, 20])))


def number():
    if r.random() < 0.5:
        return r.choice([r.randrange(-10, 10), r.getrandbits(r.choice([8, 30, 31, 62, 63, 64, 200])) * r.choice([1, -1])])
    large = r.gauss(0, 1) * 10 ** r.randrange(-300, 300)
    return r.choice([r.random(), large, float(r.randrange(10**17)), -0.0, 5e-324, r.randrange(1000) / 8, round(r.random(), 5)])


def moment():
    offset = datetime.timezone(datetime.timedelta(seconds=r.randrange(-80000, 80000)))
    zone = r.choice([None, datetime.timezone.utc, offset, datetime.timezone(datetime.timedelta(0), "name")])
    day = datetime.date(r.randrange(1, 9999), r.randrange(1, 13), r.randrange(1, 28))
    time = datetime.time(r.randrange(24), r.randrange(60), 5, r.randrange(10**6), zone, fold=r.randrange(2))
    return r.choice([day, time, datetime.datetime.combine(day, time), datetime.timedelta(r.randrange(-999, 999), 5, 6)])


def plain_scalar():
    return r.choice([lambda: None, lambda: r.random() < 0.5, number, number, text, text])()


def scalar():
    kinds = [
        lambda: r.choice([math.nan, math.inf, -math.inf]),
        lambda: complex(r.random(), r.choice([math.nan, 1.0])),
        lambda: r.randbytes(r.randrange(20)),
        lambda: decimal.Decimal(r.choice(["1.10", "NaN", "-0", "1E+999", "Infinity", "0.1"])),
        lambda: fractions.Fraction(r.randrange(100), r.randrange(1, 100)),
        lambda: uuid.UUID(int=r.getrandbits(128)),
        lambda: r.choice([*Colour, *Number, Right.READ | Right.WRITE, Right(0)]),
        lambda: range(r.randrange(10), r.randrange(100), r.randrange(1, 5)),
        lambda: 7**6000 * r.choice([1, -1]),
        lambda: text() + "\udc80",
        moment,
        moment,
    ]
    return plain_scalar() if r.random() < 0.5 else r.choice(kinds)()


def plain(depth):
    if depth == 0 or r.random() < 0.3:
        return plain_scalar()
    items = range(r.randrange(6))
    if r.random() < 0.5:
        return [plain(depth - 1) for _ in items]
    return {text(): plain(depth - 1) for _ in items}


def hashable(depth):
    if depth and r.random() < 0.4:
        return r.choice([tuple, frozenset])([hashable(depth - 1) for _ in range(r.randrange(3))])
    return scalar()


def tagged(depth, made):
    """`made`: containers that may be put in once more, also into themselves."""
    if made and r.random() < 0.1:
        return r.choice(made)
    if depth == 0 or r.random() < 0.3:
        return scalar()
    items = range(r.randrange(5))
    kind = r.randrange(11)
    value = [[], {}, {}, bytearray(b"abc"), Point(1), collections.deque(maxlen=r.choice([None, 9]))]
    if kind < len(value):
        value = value[kind]
        made.append(value)
    if kind == 0 or kind == 5:
        value.extend(tagged(depth - 1, made) for _ in items)
    elif kind == 1:
        value.update((text(), tagged(depth - 1, made)) for _ in items)
    elif kind == 2:
        value.update((hashable(2), tagged(depth - 1, made)) for _ in items)
    elif kind == 4:
        value.x = tagged(depth - 1, made)
    elif kind == 6:
        value = tuple(tagged(depth - 1, made) for _ in items)
    elif kind == 7:
        value = {hashable(2) for _ in items}
    elif kind == 8:
        value = frozenset(hashable(2) for _ in items)
    elif kind == 9:
        value = Pair(tagged(depth - 1, []), 2)
    elif kind == 10:
        value = collections.OrderedDict((hashable(1), tagged(depth - 1, [])) for _ in items)
    return value


def spelling(value):
    """Of what has an identity of no interest, so that sets can be compared whose items are not equal to themselves."""
    if isinstance(value, (set, frozenset)):
        return type(value).__name__ + str(sorted(map(spelling, value)))
    if type(value) is tuple:
        return "(" + ",".join(map(spelling, value)) + ")"
    return f"{type(value).__name__} {value!r}"


def same(a, b, seen):
    """Equal, of the same types at all depths, with the same objects shared."""
    if id(a) in seen:
        return seen[id(a)] == id(b)
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, dict, set, bytearray, Point, collections.deque)):
        seen[id(a)] = id(b)
    if isinstance(a, (list, tuple, collections.deque)):
        equal = len(a) == len(b) and getattr(a, "maxlen", 0) == getattr(b, "maxlen", 0)
        return equal and all(same(x, y, seen) for x, y in zip(a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(x, y, seen) and same(a[x], b[y], seen) for x, y in zip(a, b))
    if isinstance(a, Point):
        return same(a.x, b.x, seen) and same(a.y, b.y, seen)
    return spelling(a) == spelling(b)


def make(seed, is_tagged):
    r.seed(seed)
    return tagged(5, []) if is_tagged else plain(5)


def is_spelt(value, text):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() == text
