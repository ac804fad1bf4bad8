"""Random numbers with a fixed seed are the same everywhere: dice, cards, walks, Monte Carlo."""
import random
from collections import Counter

rng = random.Random(42)
print([rng.randrange(100) for _ in range(10)], rng.random(), rng.uniform(-1, 1), rng.getrandbits(70))
deck = [f"{rank}{suit}" for suit in "SHDC" for rank in "23456789TJQKA"]
rng.shuffle(deck)
hands = {player: sorted(deck[n::4][:5]) for n, player in enumerate("NESW")}
for player, cards in hands.items():
    print(player, *cards)
print(rng.sample(range(10 ** 9), 3), rng.sample("abc", counts=[5, 1, 1], k=4), rng.choices("xyz", weights=[5, 3, 1], k=12))
print(Counter(rng.choices(["win", "lose"], cum_weights=[1, 10], k=1000)))
state = rng.getstate()
first = [rng.gauss(0, 1), rng.expovariate(2), rng.betavariate(2, 3), rng.triangular(0, 10, 2), rng.lognormvariate(0, 1),
         rng.vonmisesvariate(0, 4), rng.gammavariate(2, 1), rng.paretovariate(3), rng.weibullvariate(1, 1.5), rng.normalvariate()]
rng.setstate(state)
print([round(value, 9) for value in first], rng.gauss(0, 1) == first[0])

inside = sum(rng.random() ** 2 + rng.random() ** 2 < 1 for _ in range(20_000))
print("pi is about", 4 * inside / 20_000)

x = y = 0
visited = {(0, 0)}
for _ in range(1000):
    dx, dy = rng.choice([(0, 1), (1, 0), (0, -1), (-1, 0)])
    x, y = x + dx, y + dy
    visited.add((x, y))
print("walked to", (x, y), "over", len(visited), "places")


def markov(text, length, rng):
    following = {}
    words = text.split()
    for first, second in zip(words, words[1:]):
        following.setdefault(first, []).append(second)
    word = words[0]
    result = [word]
    while len(result) < length and word in following:
        word = rng.choice(following[word])
        result.append(word)
    return " ".join(result)


print(markov("the cat saw the dog and the dog saw the bird and the bird flew to the cat", 14, random.Random("seed")))
for seed in (0, -5, 2 ** 70, "text", b"bytes", None):
    random.seed(seed)
    print(f"{random.random():.12f}" if seed is not None else "fresh", end=" ")
print()
print(random.Random(1).randbytes(8).hex(), random.Random(3).binomialvariate(100, 0.3))
for bad in (lambda: rng.randrange(5, 5), lambda: rng.sample([1], 2), lambda: rng.choice([])):
    try:
        bad()
    except (ValueError, IndexError) as error:
        print(type(error).__name__, error)
