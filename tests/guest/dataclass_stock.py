"""A stock list built on dataclasses."""
from dataclasses import (FrozenInstanceError, InitVar, KW_ONLY, asdict, astuple, dataclass, field, fields,
                         make_dataclass, replace)
from functools import total_ordering
from typing import ClassVar


@dataclass(frozen=True, order=True)
class Money:
    cents: int
    currency: str = field(default="EUR", compare=False)

    def __add__(self, other):
        return replace(self, cents=self.cents + other.cents)

    def __str__(self):
        return f"{self.cents // 100}.{self.cents % 100:02} {self.currency}"


@dataclass
class Item:
    name: str
    price: Money
    _: KW_ONLY
    count: int = 0
    tags: list[str] = field(default_factory=list, repr=False)
    discount: InitVar[int] = 0
    made: ClassVar[int] = 0
    value: Money = field(init=False)

    def __post_init__(self, discount):
        if self.count < 0:
            raise ValueError(f"{self.name}: count must not be negative")
        self.price = replace(self.price, cents=self.price.cents * (100 - discount) // 100)
        self.value = Money(self.price.cents * self.count)
        Item.made += 1

    @classmethod
    def parse(cls, text):
        name, cents, count, *tags = text.split("/")
        return cls(name, Money(int(cents)), count=int(count), tags=tags)


@total_ordering
@dataclass(eq=False, slots=True)
class Version:
    major: int
    minor: int = 0

    def __eq__(self, other):
        return astuple(self) == astuple(other)

    def __lt__(self, other):
        return astuple(self) < astuple(other)


stock = [Item.parse(line) for line in ("nut/5/1000/small/metal", "bolt/12/400", "plank/899/17/wood")]
stock.append(Item("saw", Money(2599), count=3, discount=20))
for item in sorted(stock, key=lambda item: item.value, reverse=True):
    print(f"{item.name:8}{item.count:6}{item.price!s:>12}{item.value!s:>12} {','.join(item.tags)}")
print(sum((item.value for item in stock), Money(0)), Item.made)
print(stock[1])
print(asdict(stock[0]))
print([f.name for f in fields(Item)], Money(3) < Money(4, "USD"), Money(3) == Money(3, "USD"))
print({Money(5): "five"}[Money(5)], replace(stock[1], count=1, discount=50))
try:
    stock[0].price.cents = 1
except FrozenInstanceError as error:
    print(type(error).__name__, error)
for make in (lambda: Item("x", Money(1), 5), lambda: Item("hole", Money(1), count=-1), lambda: Item()):
    try:
        make()
    except (TypeError, ValueError) as error:
        print(type(error).__name__, error)
print(sorted([Version(3, 12), Version(2), Version(3, 1)]), Version(1) >= Version(0, 9))
try:
    Version(1).patch = 3
except AttributeError as error:
    print(error)
Point = make_dataclass("Point", [("x", int), ("y", int, 0)], namespace={"norm": lambda self: abs(self.x) + abs(self.y)})
print(Point(3, -4), Point(3, -4).norm(), Point.__match_args__)
match Point(0, 7):
    case Point(0, y):
        print("on the axis at", y)
