# A modular power of long numbers.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
pow(3, 10**20000, 10**20000 + 1)
