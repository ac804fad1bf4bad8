"""Generator expressions over floating point: the spectral norm of a matrix."""
from math import sqrt


def element(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def multiply(v, size):
    return [sum(element(i, j) * v[j] for j in range(size)) for i in range(size)]


def multiply_transposed(v, size):
    return [sum(element(j, i) * v[j] for j in range(size)) for i in range(size)]


def run(size=130):
    u = [1.0] * size
    for _ in range(8):
        v = multiply_transposed(multiply(u, size), size)
        u = multiply_transposed(multiply(v, size), size)
    return round(sqrt(sum(a * b for a, b in zip(u, v)) / sum(b * b for b in v)), 9)
