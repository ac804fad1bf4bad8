"""Number theory with big integers."""
import math
import sys


def is_prime(n, bases=(2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
    if n < 2 or any(n % p == 0 for p in bases):
        return n in bases
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    for a in bases:
        x = pow(a, d, n)
        if x in (1, n - 1):
            continue
        for _ in range(s - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def pollard(n):
    if n % 2 == 0:
        return 2
    for c in range(1, 20):
        x = y = 2
        d = 1
        while d == 1:
            x = (x * x + c) % n
            y = (y * y + c) % n
            y = (y * y + c) % n
            d = math.gcd(abs(x - y), n)
        if d != n:
            return d


def factors(n):
    if n == 1:
        return []
    if is_prime(n):
        return [n]
    d = pollard(n)
    return sorted(factors(d) + factors(n // d))


def fibonacci(n):
    if n == 0:
        return 0, 1
    a, b = fibonacci(n // 2)
    c, d = a * (2 * b - a), a * a + b * b
    return (d, c + d) if n % 2 else (c, d)


print(math.factorial(60), 2 ** 200, (3 ** 500) % 10 ** 12)
print([p for p in (61, 89, 107, 127, 128, 521) if is_prime(2 ** p - 1)])
for n in (600851475143, 2 ** 64 + 1, 10 ** 15 + 1, 97):
    print(n, "=", " * ".join(map(str, factors(n))))
print(str(fibonacci(10_000)[0])[:20], len(str(fibonacci(10_000)[0])), fibonacci(300)[0])
p, q, e = 2 ** 127 - 1, 2 ** 89 - 1, 65537
secret = pow(e, -1, (p - 1) * (q - 1))
message = int.from_bytes(b"attack at dawn", "big")
print(pow(pow(message, e, p * q), secret, p * q).to_bytes(14, "big"), secret.bit_length())
print(math.isqrt(2 * 10 ** 60), -7 // 2, -7 % 3, divmod(-10 ** 20, 7), 7 // -2, (-8) >> 1, ~5, 1 << 100 >> 98)
print(int("zz", 36), int("0b101", 0), int("1_000"), hex(10 ** 20), oct(-8), f"{10 ** 18:,}", (10 ** 18).bit_count())
print(10 ** 25 == 1e25, float(2 ** 53 + 1), int(1e23), 2 ** 63 - 1, -2 ** 63, sys.float_info.max_exp, hash(10 ** 5) == 10 ** 5)
a, b = 7 ** 3000, 3 ** 4000
print((a * b) // b == a, (a * b) % a, math.gcd(a * 6, b * 6) == 6, (a ^ b ^ a) == b, (a | b) >= max(a, b), len(bin(a)))
for bad in (lambda: 1 // 0, lambda: 2 ** -1 % 0, lambda: int("12x"), lambda: pow(2, -1, 4), lambda: float(10 ** 400), lambda: int(float("nan")),
            lambda: str(10 ** 5000), lambda: 1 << -1, lambda: math.factorial(-1)):
    try:
        bad()
    except (ArithmeticError, ValueError) as error:
        print(type(error).__name__, error)
digits = 10 ** 200 // 7
print(sum(map(int, str(digits))), digits % 999999, pow(3, 10 ** 30, 10 ** 9 + 7))
