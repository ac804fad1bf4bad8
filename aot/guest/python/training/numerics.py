"""Floating point in lists and objects, complex numbers, integers of hundreds of digits, bit work, decimals."""
import array
import cmath
import decimal
import fractions
import math


def solve(matrix, right):
    n = len(matrix)
    for i in range(n):
        best = max(range(i, n), key=lambda row: abs(matrix[row][i]))
        matrix[i], matrix[best] = matrix[best], matrix[i]
        right[i], right[best] = right[best], right[i]
        for row in range(i + 1, n):
            factor = matrix[row][i] / matrix[i][i]
            for column in range(i, n):
                matrix[row][column] -= factor * matrix[i][column]
            right[row] -= factor * right[i]
    result = [0.0] * n
    for i in reversed(range(n)):
        result[i] = (right[i] - sum(matrix[i][j] * result[j] for j in range(i + 1, n))) / matrix[i][i]
    return result


def transform(values):
    if len(values) == 1:
        return values
    even, odd = transform(values[::2]), transform(values[1::2])
    half = len(even)
    result = [0j] * (2 * half)
    for k in range(half):
        turn = cmath.exp(-1j * math.pi * k / half) * odd[k]
        result[k] = even[k] + turn
        result[k + half] = even[k] - turn
    return result


def swing(steps):
    angle, speed, step = 1.0, 0.0, 0.01
    for _ in range(steps):
        pull = -9.81 * math.sin(angle) - 0.1 * speed
        speed += pull * step
        angle += speed * step
    return angle


def heat(size, rounds):
    line = [0.0] * size
    line[size // 2] = 100.0
    for _ in range(rounds):
        line = [0.0] + [line[i] + 0.2 * (line[i - 1] - 2 * line[i] + line[i + 1]) for i in range(1, size - 1)] + [0.0]
    return max(line)


def xorshift(state):
    while True:
        state ^= (state << 13) & 0xffffffff
        state ^= state >> 17
        state ^= (state << 5) & 0xffffffff
        yield state


def mark_of(data):
    mark = 17
    for place, byte in enumerate(data, 1):
        mark = (mark * 257 + byte * place ^ mark >> 7) % 1000003
    return mark


def root_of(n, digits):
    n *= 10 ** (2 * digits)
    x = 1 << (n.bit_length() + 1) // 2
    while (y := (x + n // x) // 2) < x:
        x = y
    return x


def euler(digits):
    one = 10 ** (digits + 5)
    total, term, k = one, one, 1
    while term:
        term //= k
        total += term
        k += 1
    return total // 10 ** 5


def is_prime(n):
    if n < 4:
        return n > 1
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    for base in (2, 3, 5, 7):
        x = pow(base, d, n)
        if n % base == 0 or x in (1, n - 1):
            continue
        for _ in range(s - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def interest(principal, rate, years):
    context = decimal.Context(prec=28, rounding=decimal.ROUND_HALF_EVEN)
    cent = decimal.Decimal("0.01")
    for _ in range(years):
        principal = (principal * (1 + rate)).quantize(cent, context=context)
    return principal


def arctangent(inverse, places):
    with decimal.localcontext() as context:
        context.prec = places
        square, term, total, k = inverse * inverse, decimal.Decimal(1) / inverse, decimal.Decimal(0), 1
        while term > decimal.Decimal(10) ** -places:
            total += term / k if k % 4 == 1 else -term / k
            term /= square
            k += 2
        return total


system = [[(i * j + i + j * j) % 17 + (20.0 if i == j else 0.0) for j in range(14)] for i in range(14)]
answer = solve(system, [float(i) for i in range(14)])
spectrum = transform([complex(n % 5, n % 3) for n in range(256)])
source = xorshift(2463534242)
noise = [next(source) & 255 for _ in range(2500)]
table = array.array("d", (n * 0.1 for n in range(500)))
weights = array.array("i", range(500))
dot = sum(x * y for x, y in zip(table, weights))
big = 1
for n in range(1, 160):
    big = big * (n * n + 1)
quotient, rest = divmod(big, 3 ** 150)
text = str(big)
again = int(text) ^ (1 << 300)
fibonacci = [0, 1]
while len(fibonacci) < 300:
    fibonacci.append(fibonacci[-1] + fibonacci[-2])
mixed = 0
for n in range(4000):
    mixed = (mixed * 33 + (n >> 2) - (n & 7) + (~n & 15)) & 0xffffffff
    if n % 5 == 0 and mixed > 100 or not n % 7:
        mixed -= n
third = sum((fractions.Fraction(n, n + 3) for n in range(1, 25)), fractions.Fraction())
prices = [decimal.Decimal(n) / 8 + decimal.Decimal("0.07") for n in range(300)]
bill = sum(price * (n % 5) for n, price in enumerate(prices))
print(round(sum(answer), 6), round(abs(spectrum[3]), 6), sum(noise), round(dot, 3), len(text), again % 997, rest % 1009,
      quotient.bit_length(), fibonacci[-1] % 10007, mixed, third.numerator % 101, bill, mark_of(bytes(noise)), str(root_of(2, 120))[-5:],
      str(euler(150))[-6:], sum(map(is_prime, range(2 ** 40, 2 ** 40 + 60))), interest(decimal.Decimal(1000),
      decimal.Decimal("0.0375"), 60),
      str(arctangent(5, 80))[-6:], round(swing(1500), 6), round(heat(60, 60),
      6), math.isqrt(big) % 1013, float("1e3") // 7,
      round(math.hypot(3.5, 4.5) + math.log(7) + math.floor(2.5) + math.exp(0.5), 6), int.from_bytes(bytes(noise[:40]),
      "big") % 1019)
