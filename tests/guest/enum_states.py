"""Enumerations: states of an order, permissions as flags, planets with values."""
from enum import (CONTINUOUS, Enum, Flag, IntEnum, IntFlag, KEEP, STRICT, StrEnum, auto, member, nonmember,
                  unique, verify)


class State(Enum):
    NEW = auto()
    PAID = auto()
    SENT = auto()
    DONE = auto()
    CANCELLED = -1
    VOID = -1

    @property
    def next(self):
        return {State.NEW: {State.PAID, State.CANCELLED}, State.PAID: {State.SENT, State.CANCELLED},
                State.SENT: {State.DONE}}.get(self, set())

    def to(self, other):
        if other not in self.next:
            allowed = ", ".join(sorted(state.name for state in self.next)) or "nothing"
            raise ValueError(f"{self.name} -> {other.name} is not allowed; {allowed} is")
        return other


class Access(Flag, boundary=STRICT):
    READ = auto()
    WRITE = auto()
    RUN = auto()
    ALL = READ | WRITE | RUN


class Colour(StrEnum):
    RED = auto()
    LIGHT_BLUE = "light blue"

    @classmethod
    def _missing_(cls, value):
        return next((colour for colour in cls if colour.value == value.lower()), None)


class Planet(Enum):
    MERCURY = (3.303e23, 2.4397e6)
    EARTH = (5.976e24, 6.37814e6)

    def __init__(self, mass, radius):
        self.mass, self.radius = mass, radius

    @property
    def gravity(self):
        return 6.67300e-11 * self.mass / self.radius ** 2


class Level(IntEnum):
    LOW, MIDDLE, HIGH = range(1, 4)


class Bits(IntFlag, boundary=KEEP):
    A = 1
    B = 4


state = State.NEW
for target in (State.PAID, State.SENT, State.CANCELLED, State.DONE):
    try:
        state = state.to(target)
        print("now", state)
    except ValueError as error:
        print(error)
print(list(State), State.VOID is State.CANCELLED, list(State.__members__), State(-1).name, State["SENT"].value, len(State))
granted = Access.READ | Access.RUN
print(granted, Access.WRITE in granted, ~granted, granted ^ Access.ALL, bool(Access(0)), list(granted), Access.ALL & ~Access.RUN)
print(Colour("RED"), f"{Colour.LIGHT_BLUE:>12}", Colour.RED == "red", Colour.RED.upper(), repr(Colour.RED))
print(f"{Planet.EARTH.gravity:.3f} {Planet.MERCURY.gravity:.3f}", Planet((5.976e24, 6.37814e6)))
print(Level.HIGH > Level.LOW, Level.MIDDLE + 1, sorted(Level, reverse=True), f"{Level.HIGH} {Level.HIGH!r}", [*map(int, Level)])
print(Bits(7), repr(Bits(5)), Bits.A | 8, (Bits.A | Bits.B).value)
Animal = Enum("Animal", "CAT DOG", start=10)
print(Animal.DOG, Animal.DOG.value, hash(Animal.CAT) == hash(Animal(10)), Animal.CAT in Animal, 10 in Animal, 99 in Animal)


class Mixed(Enum):
    limit = nonmember(5)
    f = member(len)


print(list(Mixed), Mixed.limit)
for make in (lambda: State("x"), lambda: Access(64), lambda: State["NOPE"], lambda: setattr(State, "NEW", 1),
             lambda: unique(State), lambda: Enum("Sub", "X", type=State), lambda: verify(CONTINUOUS)(Enum("Gap", {"a": 1, "c": 3}, type=int))):
    try:
        make()
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        print(type(error).__name__, str(error).splitlines()[0])
match state:
    case State.DONE | State.CANCELLED:
        print("finished")
    case _:
        print("open")
