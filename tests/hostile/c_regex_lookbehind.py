# Alternatives that overlap, searched everywhere.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import re

re.findall(r"(?:(?:a|a)*)*(?<=b)c", "a" * 5000)
