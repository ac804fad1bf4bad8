"""Classes, properties, descriptors, exceptions, closures, context managers."""
import functools


class Shape:
    sides = 0

    def __init__(self, name, *sizes):
        self.name = name
        self.sizes = list(sizes)

    @property
    def area(self):
        product = 1
        for size in self.sizes:
            product *= size
        return product

    def __lt__(self, other):
        return self.area < other.area

    def __eq__(self, other):
        return isinstance(other, Shape) and self.area == other.area

    def __hash__(self):
        return hash((self.name, self.area))


class Square(Shape):
    __slots__ = ("cache",)
    sides = 4

    def __init__(self, size):
        super().__init__("square", size, size)
        self.cache = None

    def scaled(self, factor=2):
        if self.cache is None:
            self.cache = {}
        if factor not in self.cache:
            self.cache[factor] = Square(self.sizes[0] * factor)
        return self.cache[factor]


class Guard:
    depth = 0

    def __enter__(self):
        Guard.depth += 1
        return self

    def __exit__(self, kind, error, trace):
        Guard.depth -= 1
        return kind is KeyError


def counter():
    total = 0

    def add(n):
        nonlocal total
        total += n
        return total
    return add


@functools.lru_cache(maxsize=64)
def ways(n, k):
    return 1 if n == 0 else sum(ways(n - step, k) for step in range(1, min(n, k) + 1))


def lookup(table, key):
    try:
        return table[key]
    except KeyError as error:
        return len(str(error))
    finally:
        table["last"] = key


shapes = [Square(n % 17 + 1) if n % 3 else Shape("box", n % 5, n % 7, 2) for n in range(1500)]
shapes.sort()
names = {shape: shape.scaled(3).area if isinstance(shape, Square) else shape.area for shape in shapes}
add = counter()
for shape in shapes:
    add(shape.area)
    add(type(shape).sides)
for n in range(800):
    with Guard():
        if n % 4 == 0:
            raise KeyError(n)
table = {n: n for n in range(50)}
print(sum(lookup(table, n % 60) for n in range(1500)), add(0), len(names), ways(30, 4), Guard.depth)
