"""Text: tokenising, counting and indexing the words of a small corpus by hand."""
from collections import Counter, defaultdict

CORPUS = [" ".join(f"Word{(n * k) % 701}," if k % 7 == 0 else f"term{(n + k * k) % 997}" for k in range(60)) + "." for n in range(1200)]


def tokens(text):
    word = []
    for char in text:
        if char.isalnum():
            word.append(char.lower())
        elif word:
            yield "".join(word)
            word.clear()


def run():
    counts, index = Counter(), defaultdict(set)
    for number, line in enumerate(CORPUS):
        for word in tokens(line):
            counts[word] += 1
            index[word].add(number)
    pairs = sum(len(index[a] & index[b]) for (a, _), (b, _) in zip(counts.most_common(300), counts.most_common(600)[300:]))
    return counts.most_common(1)[0][1], len(index), pairs
