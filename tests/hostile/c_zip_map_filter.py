# Iterators in C over each other.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import collections
import itertools

endless = zip(map(abs, itertools.count()), itertools.repeat(0))
collections.deque(filter(None, itertools.compress(endless, itertools.repeat(0))), maxlen=0)
