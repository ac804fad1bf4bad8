# The classic catastrophic regular expression.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up
import re

re.match(r"(a+)+$", "a" * 40 + "b")
