"""Small puzzles, each solved with itertools."""
from itertools import (accumulate, batched, chain, combinations, combinations_with_replacement, compress, count,
                       cycle, dropwhile, filterfalse, groupby, islice, permutations, product, repeat, starmap,
                       takewhile, tee, zip_longest)
import operator

solutions = []
letters = sorted(set("SENDMOREMONEY"), key="DEYNRSOM".index)
for d, e in permutations(range(10), 2):
    y, carry = (d + e) % 10, (d + e) // 10
    rest = [n for n in range(10) if n not in {d, e, y, 1}]
    if len({d, e, y, 1}) < 4:
        continue
    for n, r, s, o in permutations(rest, 4):
        if s and 1000 * s + 100 * e + 10 * n + d + 1000 + 100 * o + 10 * r + e == 10000 + 1000 * o + 100 * n + 10 * e + y:
            solutions.append((s, e, n, d, o, r, y))
print(letters, solutions)

print([triple for triple in combinations(range(1, 30), 3) if triple[0] ** 2 + triple[1] ** 2 == triple[2] ** 2])
print(["".join(group) for group in permutations("abc")], sum(1 for _ in combinations_with_replacement("abcd", 3)))
print([(key, len(list(group))) for key, group in groupby("aaabbcccca")])
print("".join(f"{len(list(g))}{k}" for k, g in groupby("111221")))
print(list(accumulate([3, 1, 4, 1, 5, 9, 2, 6], max)), list(accumulate(range(1, 8), operator.mul, initial=1)))
print(list(batched("ABCDEFG", 3)), list(zip_longest("ab", "wxyz", fillvalue="-")))
print(list(takewhile(lambda n: n < 40, (n * n for n in count(1, 2)))), list(islice(cycle("xyz"), 2, 9, 2)))
print(list(compress("ABCDEF", [1, 0, 1, 0, 1, 1])), list(dropwhile(str.islower, "abCde")),
      list(filterfalse(lambda n: n % 3, range(10))))
print(list(starmap(pow, [(2, 5), (3, 2), (10, 3)])), list(map(operator.mul, range(4), repeat(7))))
first, second = tee(iter("stream"))
next(second)
print(list(zip(first, second)))


def change(amount, coins):
    ways = [1] + [0] * amount
    for coin in coins:
        for value in range(coin, amount + 1):
            ways[value] += ways[value - coin]
    return ways[amount]


print(change(100, (1, 2, 5, 10, 20, 50)))
dice = [sum(roll) for roll in product(range(1, 7), repeat=3)]
for total, group in groupby(sorted(dice)):
    number = len(list(group))
    print(f"{total:2} {number:2} {'*' * number}")
queens = [cols for cols in permutations(range(6))
          if len({c + r for r, c in enumerate(cols)}) == len({c - r for r, c in enumerate(cols)}) == 6]
print(queens, list(chain.from_iterable(queens))[:6])
try:
    list(batched("abcd", 3, strict=True))
except ValueError as error:
    print(error)
