# packages: sympy mpmath
# with: ctypes_sizes
from sympy import Eq, Matrix, Rational, diff, dsolve, factor, factorint, Function, integrate, latex, limit, oo, pi, series, sin, solve, symbols, exp
from sympy.abc import x, y

print(diff(sin(x) * exp(x**2), x), integrate(x * exp(-x), (x, 0, oo)), limit(sin(x) / x, x, 0))
print(series(exp(x), x, 0, 5), factor(x**3 - 3 * x**2 + 3 * x - 1), solve(Eq(x**2 - 2, y), x))
print(Matrix([[1, 2], [3, Rational(1, 2)]]).inv(), Matrix([[2, 0], [0, 3]]).eigenvals(), factorint(2**61 + 1))
f = Function("f")
print(dsolve(f(x).diff(x, 2) + f(x), f(x)), pi.evalf(50))
print(latex(integrate(1 / (1 + x**2), x)), symbols("a:3"))
