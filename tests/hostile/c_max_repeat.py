# max() of what has no end.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import itertools

max(itertools.repeat(0))
