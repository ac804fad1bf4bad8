# packages: attrs
import attr
import attrs
from attrs import define, field, validators


@define(order=True)
class Point:
    x: int = field(converter=int, validator=validators.ge(0))
    y: float = field(default=1.5, repr=lambda value: f"<{value}>")
    tags: list[str] = field(factory=list, eq=False, order=False)


@define(frozen=True, slots=True, kw_only=True)
class Named(Point):
    name: str = "n"


point = Point("3", tags=["a"])
print(point, attrs.asdict(point), Point(1) < Point(2), attrs.evolve(point, y=2.0))
print([a.name for a in attrs.fields(Named)], Named(x=1) == Named(x=1), hash(Named(x=1)) == hash(Named(x=1)))
for make in (lambda: Point(-1), lambda: Point(1, 2, 3, 4), lambda: setattr(Named(x=1), "x", 2)):
    try:
        make()
    except Exception as error:
        print(type(error).__name__, str(error).splitlines()[0])
print(attr.__name__, attr.make_class("Made", ["a", "b"])(1, 2), attrs.has(Point))
