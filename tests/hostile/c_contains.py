# Looking for what is not there in what has no end.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import itertools

1 in itertools.repeat(0)
