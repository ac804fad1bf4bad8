"""Backtracking with sets, lists and short functions."""
GRID = "003020600900305001001806400008102900700000008006708200002609500800203009005010300"


def peers_of(cell):
    row, column = divmod(cell, 9)
    box = row // 3 * 27 + column // 3 * 3
    return ({row * 9 + n for n in range(9)} | {n * 9 + column for n in range(9)}
            | {box + a * 9 + b for a in range(3) for b in range(3)}) - {cell}


PEERS = [sorted(peers_of(cell)) for cell in range(81)]


def choices(grid, cell):
    return {1, 2, 3, 4, 5, 6, 7, 8, 9}.difference([grid[peer] for peer in PEERS[cell]])


def solve(grid):
    best, best_choices = None, None
    for cell in range(81):
        if grid[cell] == 0:
            found = choices(grid, cell)
            if best is None or len(found) < len(best_choices):
                best, best_choices = cell, found
    if best is None:
        return 1
    count = 0
    for value in sorted(best_choices):
        grid[best] = value
        count += solve(grid)
        grid[best] = 0
    return count


def run():
    grid = [int(digit) for digit in GRID]
    results = [solve(grid)]
    for cell in range(2, 81, 3):
        saved, grid[cell] = grid[cell], 0
        results.append(solve(grid))
        grid[cell] = saved
    return results
