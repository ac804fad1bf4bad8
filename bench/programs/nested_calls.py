"""Closures, decorators, default and keyword arguments, *args, partials and callables."""
import functools


def counted(function):
    @functools.wraps(function)
    def wrapper(*args, **options):
        wrapper.calls += 1
        return function(*args, **options)
    wrapper.calls = 0
    return wrapper


@counted
def area(width, height=2, *, scale=1):
    return width * height * scale


def compose(*functions):
    def composed(value):
        for function in functions:
            value = function(value)
        return value
    return composed


class Adder:
    def __init__(self, amount):
        self.amount = amount

    def __call__(self, value):
        return value + self.amount


def tak(x, y, z):
    return z if y >= x else tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))


def run():
    area.calls = 0
    pipe = compose(Adder(3), lambda value: value * 2, functools.partial(pow, exp=2), Adder(-1))
    total = 0
    for n in range(9000):
        total += area(n, scale=3) + area(n, 4) + area(*(n, 5), **{"scale": 2})
        total += pipe(n)
    return total, area.calls, tak(12, 8, 4)
