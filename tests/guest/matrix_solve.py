"""A matrix class with exact and floating arithmetic: products, determinants, inverses, powers, least squares."""
from fractions import Fraction
from functools import reduce
from operator import mul


class Matrix:
    def __init__(self, rows):
        self.rows = [list(row) for row in rows]
        if len({len(row) for row in self.rows}) != 1:
            raise ValueError("rows differ in length")

    @classmethod
    def identity(cls, n):
        return cls([[int(i == j) for j in range(n)] for i in range(n)])

    @property
    def shape(self):
        return len(self.rows), len(self.rows[0])

    @property
    def T(self):
        return Matrix(zip(*self.rows))

    def __matmul__(self, other):
        if self.shape[1] != other.shape[0]:
            raise ValueError(f"shapes {self.shape} and {other.shape} do not fit")
        columns = list(zip(*other.rows))
        return Matrix([[sum(map(mul, row, column)) for column in columns] for row in self.rows])

    def __mul__(self, factor):
        return Matrix([[value * factor for value in row] for row in self.rows])
    __rmul__ = __mul__

    def __add__(self, other):
        return Matrix([[a + b for a, b in zip(*rows)] for rows in zip(self.rows, other.rows)])

    def __sub__(self, other):
        return self + -1 * other

    def __pow__(self, power):
        if power < 0:
            return self.inverse() ** -power
        result, base = Matrix.identity(len(self.rows)), self
        while power:
            if power & 1:
                result = result @ base
            base, power = base @ base, power >> 1
        return result

    def __eq__(self, other):
        return self.rows == other.rows

    def __getitem__(self, place):
        row, column = place
        return self.rows[row][column]

    def reduced(self):
        rows, signs, pivots = [[Fraction(v) for v in row] for row in self.rows], 1, []
        height, width = self.shape
        for column in range(width):
            here = len(pivots)
            pivot = next((i for i in range(here, height) if rows[i][column]), None)
            if pivot is None:
                continue
            if pivot != here:
                rows[here], rows[pivot] = rows[pivot], rows[here]
                signs = -signs
            pivots.append(rows[here][column])
            rows[here] = [value / pivots[-1] for value in rows[here]]
            for i in range(height):
                if i != here and rows[i][column]:
                    rows[i] = [a - rows[i][column] * b for a, b in zip(rows[i], rows[here])]
        return Matrix(rows), pivots, signs

    def determinant(self):
        _, pivots, sign = self.reduced()
        return reduce(mul, pivots, Fraction(sign)) if len(pivots) == len(self.rows) else Fraction(0)

    def inverse(self):
        n = len(self.rows)
        if not self.determinant():
            raise ZeroDivisionError("matrix is singular")
        wide, _, _ = Matrix([row + unit for row, unit in zip(self.rows, Matrix.identity(n).rows)]).reduced()
        return Matrix([row[n:] for row in wide.rows])

    def __str__(self):
        cells = [[str(value) for value in row] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*cells)]
        return "\n".join("[" + "  ".join(cell.rjust(width) for cell, width in zip(row, widths)) + "]" for row in cells)


a = Matrix([[2, -1, 0], [-1, 2, -1], [0, -1, 2]])
print(a.inverse(), a.determinant(), sep="\n")
print(a @ a.inverse() == Matrix.identity(3), a ** 5, a ** -2, sep="\n")
hilbert = Matrix([[Fraction(1, i + j + 1) for j in range(6)] for i in range(6)])
print(hilbert.determinant(), hilbert.inverse()[5, 5], (hilbert @ hilbert.inverse()) == Matrix.identity(6))
print((Matrix([[1, 1], [1, 0]]) ** 100)[0, 1], Matrix([[1, 2], [2, 4], [3, 6]]).reduced()[1])
x = Matrix([[1, t] for t in range(6)])
y = Matrix([[v] for v in (1, 3, 2, 5, 7, 8)])
print(((x.T @ x).inverse() @ x.T @ y).T)
for action in (lambda: Matrix([[1], [2, 3]]), lambda: a @ Matrix([[1, 2]]), lambda: Matrix([[1, 2], [2, 4]]).inverse()):
    try:
        action()
    except (ValueError, ZeroDivisionError) as error:
        print(type(error).__name__, error)
size = 40
big = [[((i * j) % 7) / 7 + (i == j) * 3 for j in range(size)] for i in range(size)]
v = [1.0] * size
for _ in range(100):
    w = [sum(map(mul, row, v)) for row in big]
    norm = max(map(abs, w))
    v = [value / norm for value in w]
print(f"largest eigenvalue {norm:.9f}")
