# A comprehension that keeps nothing and has no end.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
[_ for _ in iter(int, 1) if False]
