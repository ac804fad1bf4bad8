# A name whose coding is quadratic.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
"".join(chr(0x4E00 + n) for n in range(20000)).encode("punycode")
