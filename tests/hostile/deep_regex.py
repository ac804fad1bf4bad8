# A regular expression ten thousand groups deep.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
import re

re.compile("(?:" * 10**4 + ")" * 10**4)
