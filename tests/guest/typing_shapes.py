"""Types at run time: abstract classes, protocols, generics, typed dictionaries, annotations."""
import abc
import collections.abc
import math
import typing
from typing import (Annotated, Any, Callable, ClassVar, Generic, Literal, NamedTuple, NewType, Optional, Protocol, Self,
                    TypedDict, TypeVar, Union, assert_never, cast, get_args, get_origin, get_type_hints,
                    runtime_checkable)


class Shape(abc.ABC):
    sides: ClassVar[int] = 0

    @property
    @abc.abstractmethod
    def area(self) -> float: ...

    @abc.abstractmethod
    def scaled(self, factor: float) -> Self: ...

    def __lt__(self, other: "Shape") -> bool:
        return self.area < other.area

    def __init_subclass__(cls, sides=0, **rest):
        super().__init_subclass__(**rest)
        cls.sides = sides


class Circle(Shape):
    def __init__(self, radius):
        self.radius = radius

    @property
    def area(self):
        return math.pi * self.radius ** 2

    def scaled(self, factor):
        return Circle(self.radius * factor)


class Square(Shape, sides=4):
    def __init__(self, side):
        self.side = side

    @property
    def area(self):
        return self.side ** 2

    def scaled(self, factor):
        return type(self)(self.side * factor)


class Half(Shape):
    area = 0


@runtime_checkable
class Drawable(Protocol):
    def draw(self) -> str: ...


class Icon:
    def draw(self):
        return "*"


T = TypeVar("T")


class Stack(Generic[T]):
    def __init__(self) -> None:
        self.items: list[T] = []

    def push(self, item: T) -> "Stack[T]":
        self.items.append(item)
        return self


class Pair[A, B: (int, str)](NamedTuple):
    first: A
    second: B = 0


class Movie(TypedDict, total=False):
    title: typing.Required[str]
    year: int


type Tree[K] = dict[K, Tree[K]] | None
UserId = NewType("UserId", int)


def convert(value: int | str, how: Literal["hex", "oct"] = "hex", *, back: Optional[Callable[[int], Any]] = None) -> Annotated[str, "note"]:
    return hex(int(value))


shapes = sorted([Circle(1), Square(3), Square(1.5).scaled(2), Circle(0.5).scaled(3)])
print([(type(shape).__name__, round(shape.area, 3), shape.sides) for shape in shapes])
for cls in (Shape, Half):
    try:
        cls()
    except TypeError as error:
        print(error)
print(isinstance(Icon(), Drawable), isinstance(3, Drawable), issubclass(Icon, Drawable))
print(Stack[int]().push(1).items, Stack[int], get_origin(Stack[int]), get_args(dict[str, list[int]]), Pair("x"), Pair.__type_params__)
print(get_type_hints(convert), get_type_hints(convert, include_extras=True)["return"])
print(Movie(title="Solaris"), sorted(Movie.__required_keys__), sorted(Movie.__optional_keys__), Movie.__total__)
print(Tree.__value__, UserId(5) + 1, UserId.__name__, Union[int, str] == (int | str), Optional[int], int | None)
print(isinstance([], collections.abc.Sequence), isinstance({}, collections.abc.Mapping), isinstance(len, collections.abc.Callable),
      issubclass(int, collections.abc.Hashable), isinstance(iter([]), collections.abc.Iterator))


class Registered:
    pass


Shape.register(Registered)
print(issubclass(Registered, Shape), Registered.__mro__[1].__name__, cast(int, "still text"))
try:
    assert_never("x")
except AssertionError as error:
    print(error)
try:
    isinstance([], list[int])
except TypeError as error:
    print(error)
