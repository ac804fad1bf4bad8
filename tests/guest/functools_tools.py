"""functools, operator and decorators in a small web-framework style."""
import functools
import operator
from functools import (cache, cached_property, cmp_to_key, lru_cache, partial, partialmethod, reduce, singledispatch,
                       singledispatchmethod, wraps)

routes = {}
calls = []


def route(path, *, methods=("GET",)):
    def register(function):
        for method in methods:
            routes[method, path] = function
        return function
    return register


def traced(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        calls.append(function.__name__)
        try:
            return function(*args, **kwargs)
        finally:
            calls.append(f"/{function.__name__}")
    wrapper.count = 0
    return wrapper


@route("/", methods=["GET", "HEAD"])
@traced
def home(name: str = "you") -> str:
    """Greets."""
    return f"hello {name}"


@singledispatch
def render(value):
    return f"?{value!r}"


@render.register
def _(value: int | float):
    return f"number {value}"


@render.register(list)
@render.register(tuple)
def _(value):
    return "[" + ", ".join(map(render, value)) + "]"


@render.register
def _(value: bool):
    return "yes" if value else "no"


class Cell:
    def __init__(self):
        self.computed = 0

    @cached_property
    def area(self):
        self.computed += 1
        return 42

    @singledispatchmethod
    def set(self, value):
        raise NotImplementedError(type(value).__name__)

    @set.register
    def _(self, value: str):
        return f"text {value}"

    def move(self, dx, dy):
        return dx, dy

    left = partialmethod(move, -1, 0)


@lru_cache(maxsize=3)
def square(n):
    return n * n


@cache
def ways(n):
    return 1 if n < 2 else ways(n - 1) + ways(n - 2)


print(routes["HEAD", "/"]("ann"), calls, home.__name__, home.__doc__, home.__wrapped__.__defaults__, home.__annotations__)
print(render([1, True, "x", (2.5, None)]), render.dispatch(bool) is render.dispatch(int))
cell = Cell()
print(cell.area + cell.area, cell.computed, cell.left(), cell.set("a"), "area" in vars(cell))
del cell.area
print(cell.area, cell.computed)
try:
    cell.set(b"")
except NotImplementedError as error:
    print("NotImplementedError", error)
for n in (1, 2, 3, 1, 4, 2, 1):
    square(n)
print(square.cache_info(), ways(90), ways.cache_info().misses)
square.cache_clear()
print(square.cache_info().currsize, square.cache_parameters())
print(reduce(operator.or_, [{"a": 1}, {"b": 2}, {"a": 3}]), reduce(lambda a, b: a * 10 + b, [1, 2, 3], 0))
basetwo = partial(int, base=2)
print(basetwo("10010"), basetwo.keywords, partial(partial(print, "a"), "b").args)
print(sorted(["b10", "a2", "a10"], key=cmp_to_key(lambda a, b: (len(a) - len(b)) or ((a > b) - (a < b)))))
rows = [{"n": 2, "t": ("x", 5)}, {"n": 1, "t": ("y", 3)}]
print(sorted(rows, key=operator.itemgetter("n"))[0]["t"], list(map(operator.itemgetter("n", "t"), rows)))
print(operator.attrgetter("real", "imag")(3 + 4j), operator.methodcaller("split", ",", 1)("a,b,c"), operator.index(True),
      operator.matmul.__name__, operator.concat([1], [2]), operator.countOf("banana", "a"), operator.length_hint(iter([1, 2])))


def compose(*functions):
    return functools.reduce(lambda f, g: lambda x: f(g(x)), functions)


print(compose(str.upper, str.strip, "{:>5}".format)("ab"))
