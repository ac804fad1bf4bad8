"""Dictionaries: counting, grouping, inverting, with text and integer keys."""


def run():
    total = 0
    for _ in range(4):
        counts, groups = {}, {}
        for n in range(60_000):
            key = f"key{n % 5000}"
            counts[key] = counts.get(key, 0) + n
            groups.setdefault(n % 97, []).append(n)
        inverse = {value: key for key, value in counts.items()}
        total += sum(len(group) for group in groups.values()) + len(inverse) + sum(counts.values()) % 1000
        for key in list(counts):
            if counts[key] % 3:
                del counts[key]
        total += len(counts)
    return total
