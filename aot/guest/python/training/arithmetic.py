"""Integers small and large, floats, fractions, decimals, generators, bit work, matrices, primes, dates."""
import datetime
import decimal
import fractions
import math
import random
import statistics


def primes(limit):
    sieve = bytearray([1]) * (limit + 1)
    for n in range(2, int(limit ** 0.5) + 1):
        if sieve[n]:
            sieve[n * n::n] = bytes(len(sieve[n * n::n]))
    return [n for n in range(2, limit + 1) if sieve[n]]


def collatz(n):
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        yield n


def mandelbrot(width, height):
    inside = 0
    for row in range(height):
        for column in range(width):
            c = complex(column / width * 3 - 2, row / height * 2 - 1)
            z = 0j
            for _ in range(20):
                z = z * z + c
                if abs(z) > 2:
                    break
            else:
                inside += 1
    return inside


def multiply(a, b):
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]


def gcd_sum(limit):
    total = 0
    for a in range(1, limit):
        for b in range(1, limit, 3):
            x, y = a, b
            while y:
                x, y = y, x % y
            total += x
    return total


rng = random.Random(7)
samples = [rng.gauss(0, 1) for _ in range(800)]
matrix = [[rng.randint(-9, 9) for _ in range(12)] for _ in range(12)]
power = multiply(matrix, multiply(matrix, matrix))
longest = max(range(1, 400), key=lambda n: sum(1 for _ in collatz(n)))
factorial = math.factorial(300)
bits = sum((n ^ (n << 1)).bit_count() & 0xff for n in range(3000))
decimal.getcontext().prec = 40
root = decimal.Decimal(2).sqrt() + decimal.Decimal("1.1") / 3
harmonic = sum(fractions.Fraction(1, n) for n in range(1, 60))
day = datetime.date(2020, 1, 31)
days = [(day + datetime.timedelta(days=n * 13)).strftime("%A %d %B") for n in range(150)]
area = 0.0
for step in range(5000):
    x = step / 5000
    area += math.sqrt(1 - x * x) * (1 / 5000)
    if step % 1000 == 0:
        area = round(area, 9)
print(len(primes(8000)), longest, factorial % 1000007, bits, root, harmonic.denominator % 9973, len(set(days)), round(area * 4, 4),
      mandelbrot(40, 30), gcd_sum(70), power[3][4], round(statistics.stdev(samples), 6), pow(3, 10**6, 1000003), -7 // 2, 7.5 % 2)
