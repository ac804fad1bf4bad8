# More combinations than there are atoms.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import collections
import itertools

collections.deque(itertools.product(range(1000), repeat=100), maxlen=0)
