"""A small object-relational layer: descriptors, metaclasses, __init_subclass__, operator overloading, slots."""
from functools import total_ordering


class Field:
    def __init__(self, kind, default=None):
        self.kind, self.default = kind, default

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        return self if instance is None else instance.__dict__.get(self.name, self.default)

    def __set__(self, instance, value):
        if not isinstance(value, self.kind):
            raise TypeError(f"{type(instance).__name__}.{self.name} must be {self.kind.__name__}, not {type(value).__name__}")
        instance.__dict__[self.name] = value

    def __delete__(self, instance):
        instance.__dict__.pop(self.name, None)

    def __gt__(self, value):
        return Condition(self.name, ">", value)

    def __eq__(self, value):
        return Condition(self.name, "=", value)

    __hash__ = object.__hash__


class Condition:
    def __init__(self, *parts):
        self.parts = parts

    def __and__(self, other):
        return Condition(self, "AND", other)

    def __invert__(self):
        return Condition("NOT", self)

    def __str__(self):
        return "(" + " ".join(str(p) if isinstance(p, Condition) else p if i != 2 else repr(p) for i, p in enumerate(self.parts)) + ")"


class Meta(type):
    tables = {}

    def __new__(mcls, name, bases, namespace, table=None, **rest):
        cls = super().__new__(mcls, name, bases, namespace, **rest)
        cls.fields = [field for base in reversed(cls.__mro__) for field in vars(base).values() if isinstance(field, Field)]
        if table:
            mcls.tables[table] = cls
        return cls

    @classmethod
    def __prepare__(mcls, name, bases, **rest):
        return {"created_by": mcls.__name__}

    def __call__(cls, *args, **values):
        instance = super().__call__()
        for name, value in values.items():
            setattr(instance, name, value)
        return instance

    def __len__(cls):
        return len(cls.fields)

    def __getitem__(cls, condition):
        return f"SELECT {', '.join(f.name for f in cls.fields)} WHERE {condition}"


class Model(metaclass=Meta):
    def __getattr__(self, name):
        return f"<no {name}>"

    def __dir__(self):
        return [field.name for field in self.fields]


class Person(Model, table="people"):
    name = Field(str, "nobody")
    age = Field(int)


class Student(Person, table="students"):
    school = Field(str)


ann = Student(name="Ann", age=31)
print(ann.name, ann.school, ann.missing, dir(ann), len(Student), Meta.tables.keys() == {"people", "students"}, Person.created_by)
print(Student[(Student.age > 30) & ~(Student.name == "Bob")])
del ann.name
print(ann.name, vars(ann), type(Student), isinstance(Person.age, Field))
try:
    ann.age = "old"
except TypeError as error:
    print(error)


@total_ordering
class Vector:
    __slots__ = ("x", "y")
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)

    def __setattr__(self, name, value):
        raise AttributeError(f"{name} cannot be changed")

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y) if isinstance(other, Vector) else NotImplemented

    def __radd__(self, other):
        return self if other == 0 else NotImplemented

    def __mul__(self, other):
        return self.x * other.x + self.y * other.y if isinstance(other, Vector) else Vector(self.x * other, self.y * other)

    __rmul__ = __mul__

    def __eq__(self, other):
        return isinstance(other, Vector) and (self.x, self.y) == (other.x, other.y)

    def __lt__(self, other):
        return self * self < other * other

    def __hash__(self):
        return hash((self.x, self.y))

    def __abs__(self):
        return (self * self) ** 0.5

    def __bool__(self):
        return bool(self.x or self.y)

    def __iter__(self):
        return iter((self.x, self.y))

    def __repr__(self):
        return f"Vector({self.x}, {self.y})"

    def __class_getitem__(cls, item):
        return f"{cls.__name__} of {item.__name__}"


a, b = Vector(3, 4), Vector(1, -1)
print(a + b, a * b, 2 * a, sum([a, b, b]), abs(a), bool(Vector(0, 0)), max(a, b), a >= b, [*a], {a: 1}[Vector(3, 4)], Vector[int])
for action in (lambda: setattr(a, "x", 1), lambda: a + 1, lambda: a < 1, lambda: a.z, lambda: a(1)):
    try:
        action()
    except (AttributeError, TypeError) as error:
        print(error)
match b:
    case Vector(1, y) if y < 0:
        print("matched", y)


class Left:
    def who(self):
        return "left"


class Right:
    def who(self):
        return "right"


class Both(Left, Right):
    def who(self):
        return f"both({super().who()}, {super(Left, self).who()})"


print(Both().who(), [cls.__name__ for cls in Both.__mro__])
try:
    type("Impossible", (Left, Both), {})
except TypeError as error:
    print(str(error).splitlines()[0])
