# The factorial of ten million.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import math

math.factorial(10**7)
