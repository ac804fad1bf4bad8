"""Three classics: the game of life, a sudoku solver, the Mandelbrot set in text."""
from collections import Counter
from itertools import product

GUN = {(1, 0), (2, 1), (0, 2), (1, 2), (2, 2), (7, 3), (8, 3), (9, 3)}


def step(cells):
    near = Counter((x + dx, y + dy) for x, y in cells for dx, dy in product((-1, 0, 1), repeat=2) if dx or dy)
    return {cell for cell, count in near.items() if count == 3 or count == 2 and cell in cells}


def show(cells, width=14, height=8):
    return "\n".join("".join("#" if (x, y) in cells else "." for x in range(width)) for y in range(height))


cells = GUN
for generation in range(13):
    if generation % 6 == 0:
        print(f"generation {generation}: {len(cells)}", show(cells), sep="\n")
    cells = step(cells)

DIGITS = "123456789"
SQUARES = [r + c for r in "ABCDEFGHI" for c in DIGITS]
UNITS = ([[r + c for c in DIGITS] for r in "ABCDEFGHI"] + [[r + c for r in "ABCDEFGHI"] for c in DIGITS] +
         [[r + c for r in rs for c in cs] for rs in ("ABC", "DEF", "GHI") for cs in ("123", "456", "789")])
PEERS = {s: set().union(*(u for u in UNITS if s in u)) - {s} for s in SQUARES}
searched = 0


def assign(values, square, digit):
    return values if all(eliminate(values, square, other) for other in values[square].replace(digit, "")) else None


def eliminate(values, square, digit):
    if digit not in values[square]:
        return True
    values[square] = values[square].replace(digit, "")
    if not values[square]:
        return False
    if len(values[square]) == 1 and not all(eliminate(values, peer, values[square]) for peer in PEERS[square]):
        return False
    for unit in UNITS:
        if square in unit:
            places = [s for s in unit if digit in values[s]]
            if not places or len(places) == 1 and not assign(values, places[0], digit):
                return False
    return True


def search(values):
    global searched
    searched += 1
    if values is None or all(len(v) == 1 for v in values.values()):
        return values
    square = min((s for s in SQUARES if len(values[s]) > 1), key=lambda s: (len(values[s]), s))
    return next((found for d in values[square] if (found := search(assign(values.copy(), square, d)))), None)


GRID = "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......"
values = dict.fromkeys(SQUARES, DIGITS)
for square, digit in zip(SQUARES, GRID):
    if digit != ".":
        assign(values, square, digit)
solved = search(values)
for row in "ABCDEFGHI":
    print(" ".join(solved[row + c] for c in DIGITS))
print(searched > 1, all({solved[s] for s in unit} == set(DIGITS) for unit in UNITS))

for y in range(-10, 11, 2):
    line = ""
    for x in range(-40, 14, 2):
        z, c, n = 0j, complex(x / 20, y / 10), 0
        while abs(z) < 2 and n < 40:
            z, n = z * z + c, n + 1
        line += " .:-=+*#%@"[n // 5 if n < 40 else 9]
    print(line.rstrip())
