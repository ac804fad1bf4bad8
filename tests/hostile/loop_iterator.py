# An iterator that has no end, in a for.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
for _ in iter(int, 1):
    pass
