"""Big integers: factorials, powers, digits."""


def run():
    total = 0
    for n in range(900, 1000):
        value = 1
        for factor in range(2, n):
            value *= factor
        total += value % 1_000_007
    power = 3 ** 60_000
    total += (power * (power + 1)) % 97 + len(str(power >> 82_000))
    total += pow(7, 10 ** 250, 10 ** 260 + 7) % 1000
    return total
