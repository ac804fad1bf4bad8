# A sum in C that takes hours.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up at line 5 of c_sum_range\.py
sum(range(10**12))
