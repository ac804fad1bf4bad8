# A file name pattern of many stars.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import re

re.fullmatch("(?s:" + ".*a" * 30 + ")", "a" * 29 + "b" * 3000)
