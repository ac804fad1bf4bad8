"""Exact ratios: tunings, Egyptian fractions, continued fractions."""
import math
from fractions import Fraction
from numbers import Rational


def egyptian(fraction):
    while fraction:
        unit = Fraction(1, math.ceil(1 / fraction))
        yield unit
        fraction -= unit


def continued(value, terms=8):
    parts = []
    while len(parts) < terms:
        whole = math.floor(value)
        parts.append(whole)
        if value == whole:
            break
        value = 1 / (value - whole)
    return parts


def convergents(parts):
    for end in range(1, len(parts) + 1):
        value = Fraction(parts[end - 1])
        for part in reversed(parts[:end - 1]):
            value = part + 1 / value
        yield value


fifth = Fraction(3, 2)
scale = sorted(fifth ** n / 2 ** math.floor(math.log2(fifth ** n)) for n in range(12))
for step, ratio in enumerate(scale):
    cents = 1200 * math.log2(ratio)
    print(f"{step:2} {str(ratio):>14} {cents:8.3f} {cents - 100 * step:+7.3f}")
print("comma:", fifth ** 12 / Fraction(2) ** 7)
print(" + ".join(map(str, egyptian(Fraction(4, 13)))), "=", sum(egyptian(Fraction(4, 13))))
print(continued(Fraction(415, 93)), continued(Fraction(math.pi)))
print([str(value) for value in convergents(continued(Fraction(math.pi), 5))])
print(Fraction("0.125"), Fraction("-3/9"), Fraction(0.1), Fraction("1e-3"), Fraction(22, 7).limit_denominator(5))
print(Fraction(7, 3) // 1, Fraction(7, 3) % 1, divmod(Fraction(-7, 3), Fraction(1, 2)), round(Fraction(5, 2)))
print(f"{Fraction(2, 3):.5f} {Fraction(1, 3):>12.3%} {float(Fraction(1, 3))!r}")
print(isinstance(Fraction(1), Rational), hash(Fraction(6, 3)) == hash(2), Fraction(1, 2) == 0.5)
try:
    Fraction(1, 0)
except ZeroDivisionError as error:
    print("ZeroDivisionError:", error)
