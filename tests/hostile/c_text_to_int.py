# A long text as number, with Python's limit switched off.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import sys

sys.set_int_max_str_digits(0)
int("9" * 10**6)
