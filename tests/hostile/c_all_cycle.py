# all() of a cycle.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import itertools

all(itertools.cycle([1]))
