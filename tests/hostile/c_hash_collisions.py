# Numbers that all have the same hash.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
{n * (2**31 - 1) for n in range(10**5)}
