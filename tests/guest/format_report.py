"""Every way of formatting a report's figures."""
import locale
import string
from datetime import datetime
from types import SimpleNamespace

ROWS = [("apples", 1234.5, 0.0312), ("kiwis", 7, 1), ("dragon fruit", 0.333333333, -0.5), ("nothing", 0.0, float("nan"))]
for name, amount, share in ROWS:
    print(f"|{name:<14}|{amount:>12,.2f}|{share:>+9.1%}|{amount:^12.3e}|{amount:g}|")
print("%-10s|%5d|%05.1f|%x|%o|%+d|%%|%r|%.3s" % ("left", 42, 3.14159, 255, 8, 7, "q", "abcdef"))
print("{0!r:>8} {0!s:^8} {1[key]} {2.real:.1f} {3:{width}.{precision}f} {{}}".format(
    "ab", {"key": "value"}, 3 + 4j, 2.71828, width=10, precision=3))
number = 1234567
print(f"{number:_} {number:,} {number:x} {number:#X} {number:#b} {number:>+15,} {number:.3e} {-number:=12} {65:c}")
when = datetime(2024, 2, 29, 7, 8, 9)
print(f"{when:%d.%m.%Y} {when!s} {when:%H:%M:%S} {number=} {when.year=:>6} {'nested ' + f'{1 + 1}'!r}")
print(f"{1e16} {1e15} {0.1 + 0.2} {1 / 3:.17g} {5e-324} {1.7976931348623157e308} {2.0} {1e-5} {123456789.0:n}")
print(f"{float('inf'):>6} {-float('inf'):06} {float('nan'):^7}| {0.5:.0f} {1.5:.0f} {2.5:.0f} {2.675:.2f} {1e3:.0e} {-0.0:z.1f}")
print(round(2.5), round(-3.5), round(2.675, 2), round(1234, -2), (0.1).hex(), float.fromhex("0x1.8p3"), (2.5).as_integer_ratio())


class Temperature:
    def __init__(self, degrees):
        self.degrees = degrees

    def __format__(self, spec):
        if spec.endswith("F"):
            return format(self.degrees * 9 / 5 + 32, spec[:-1] + "f") + "°F"
        return format(self.degrees, spec or ".1f") + "°C"


print(f"{Temperature(21.55)} {Temperature(21.55):.0F} {Temperature(-3):+08.2f}")
template = string.Template("Dear $name,\nyou owe ${amount} EUR$$.\n$unknown")
print(template.safe_substitute(name="Ann", amount="5"), template.get_identifiers())
try:
    template.substitute(name="x")
except KeyError as error:
    print("KeyError", error)
print([part for part in string.Formatter().parse("a{b!r:>{w}}c{{")], string.capwords("the  end of it"))
print("{0.name} {0.size[1]}".format(SimpleNamespace(name="ns", size=(1, 2))), "{:>{}}".format("x", 4), "%(a)s-%(b)03d" % {"a": 1, "b": 2})
for bad in ("'{:d}'.format('x')", "'{} {1}'.format(1, 2)", "'%d' % 'x'", "f'{1:,_}'", "'{a}'.format(b=1)", "'%s %s' % 1"):
    try:
        print(eval(bad))
    except (ValueError, TypeError, KeyError) as error:
        print(type(error).__name__, error)
print(locale.format_string("%.2f", 1234.5, grouping=True), "ab\tc\\".encode("unicode_escape"), ascii("ü\n"), repr('it\'s "x"'))
