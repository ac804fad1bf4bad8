# The same with Python's limit switched off.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import sys

sys.set_int_max_str_digits(0)
str(1 << 10**7)
