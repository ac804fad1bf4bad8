# A comparison of texts that is quadratic.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import difflib

difflib.SequenceMatcher(None, "ab" * 5000, "ba" * 5000, autojunk=False).ratio()
