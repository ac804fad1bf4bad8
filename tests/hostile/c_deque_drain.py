# A deque that keeps nothing drains what has no end.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import collections
import itertools

collections.deque(itertools.repeat(0), maxlen=0)
