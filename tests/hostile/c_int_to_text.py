# A long number as text: refused by Python.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^ValueError: Exceeds the limit
str(10**100000)
