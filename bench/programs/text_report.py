"""A report from lines of text: splitting, parsing, formatting, aligning, joining."""
from collections import defaultdict

REGIONS = "north", "south", "east", "west"
LINES = [f"2026-{1 + n % 12:02d}-{1 + n % 28:02d} {REGIONS[n % 4]} item-{n % 37} {n % 11} {n * 7 % 1000 / 8:.3f}"
         for n in range(20000)]


def parse(line):
    date, region, item, count, price = line.split()
    year, month, _ = date.split("-")
    return f"{year}/{int(month)}", region, item.removeprefix("item-"), int(count), float(price)


def run():
    sums, items = defaultdict(float), defaultdict(int)
    for line in LINES:
        month, region, item, count, price = parse(line)
        sums[month, region] += count * price
        items[item] += count
    rows = [f"{month:<10}|{region:^9}|{total:>12,.2f}" for (month, region), total in sorted(sums.items())]
    rows += ["{0:>5} {1:08.3f} {2!r}".format(item, count / 7, item) for item, count in sorted(items.items())]
    text = "\n".join(rows)
    return len(text), text.upper().count("NORTH"), text.replace(",", "").split("|")[2].strip(), hash(text) != 0
