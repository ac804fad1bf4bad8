"""An invoice in exact money, and what decimal contexts do."""
import decimal
from decimal import Decimal, ROUND_HALF_EVEN, ROUND_UP, getcontext, localcontext

LINES = [("Consulting", "12.5", "95.00"), ("Travel", "1", "187.345"), ("Licence", "3", "0.335")]
CENT = Decimal("0.01")


def invoice(lines, vat):
    net = Decimal(0)
    for label, quantity, price in lines:
        amount = (Decimal(quantity) * Decimal(price)).quantize(CENT)
        net += amount
        print(f"{label:<12}{quantity:>6} x {price:>8} = {amount:>10}")
    tax = (net * vat).quantize(CENT, ROUND_HALF_EVEN)
    print(f"{'net':<25}{net:>12}\n{'VAT ' + format(vat, '.0%'):<25}{tax:>12}\n{'total':<25}{net + tax:>12,.2f}")
    return net + tax


def instalments(total, count):
    part = (total / count).quantize(CENT, ROUND_UP)
    parts = [part] * (count - 1)
    return parts + [total - sum(parts)]


def pi():
    getcontext().prec += 2
    three = Decimal(3)
    lasts, t, s, n, na, d, da = 0, three, 3, 1, 0, 0, 24
    while s != lasts:
        lasts = s
        n, na = n + na, na + 8
        d, da = d + da, da + 32
        t = (t * n) / d
        s += t
    getcontext().prec -= 2
    return +s


total = invoice(LINES, Decimal("0.19"))
parts = instalments(total, 7)
print(parts[0], parts[-1], sum(parts) == total)
print(0.1 + 0.2 == 0.3, Decimal("0.1") + Decimal("0.2") == Decimal("0.3"), Decimal(0.1))
for prec in (10, 50):
    with localcontext() as context:
        context.prec = prec
        print(prec, pi(), Decimal(2).sqrt(), Decimal(1) / 7)
print(Decimal("1E+3").normalize(), Decimal("1234.5").as_tuple(), Decimal("-0"), Decimal("12.30").as_integer_ratio())
print(Decimal(10).ln(), Decimal("2.5").exp(), Decimal(7) ** Decimal("-0.5"))
for expression in ("Decimal(1) / 0", "Decimal('x')", "Decimal('NaN') < 1", "Decimal(-1).sqrt()"):
    try:
        print(eval(expression))
    except decimal.DecimalException as error:
        print(expression, "->", type(error).__name__)
with localcontext(traps=[]) as context:
    print(Decimal(1) / 0, Decimal("x"), sorted(flag.__name__ for flag, on in context.flags.items() if on))
