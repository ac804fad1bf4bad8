"""Sorting: numbers, text, records by key."""
import random
from operator import itemgetter

RNG = random.Random(1)
NUMBERS = [RNG.random() for _ in range(60_000)]
WORDS = ["".join(RNG.choices("abcdefgh", k=8)) for _ in range(30_000)]
ROWS = [(RNG.randrange(100), RNG.randrange(1000), n) for n in range(40_000)]


def run():
    checked = 0
    for _ in range(3):
        checked += sorted(NUMBERS)[100] > 0
        checked += sorted(WORDS, key=str.upper)[0] < "b"
        checked += sorted(ROWS, key=itemgetter(1, 0))[5][1]
        checked += sorted(ROWS, key=lambda row: -row[0])[0][0]
        checked += len(sorted(set(WORDS), reverse=True))
    return checked
