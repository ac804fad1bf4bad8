# A power with a hundred million digits.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up at line 5 of c_power_tower\.py
10**10**8
