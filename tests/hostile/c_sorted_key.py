# A sort with a key that takes its time.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
# stderr: in key;
def key(n):
    return sum(range(n))

sorted(range(10**5), key=key)
