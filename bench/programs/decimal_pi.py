"""Decimal arithmetic with many digits (libmpdec), and with few."""
from decimal import Decimal, getcontext


def pi():
    getcontext().prec += 2
    three = Decimal(3)
    last, t, s, n, na, d, da = 0, three, 3, 1, 0, 0, 24
    while s != last:
        last = s
        n, na = n + na, na + 8
        d, da = d + da, da + 32
        t = (t * n) / d
        s += t
    getcontext().prec -= 2
    return +s


def interest(years):
    amount, rate = Decimal("1000.00"), Decimal("1.0375")
    for _ in range(years):
        amount = (amount * rate).quantize(Decimal("0.01"))
        if amount > 100000:
            amount -= 99000
    return amount


def run():
    getcontext().prec = 500
    digits = str(pi())
    getcontext().prec = 28
    return digits[-10:], str(interest(60000))
