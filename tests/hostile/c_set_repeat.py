# A set that does not grow of what has no end.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import itertools

set(itertools.repeat(0))
