# Marks that are sorted by insertion.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import unicodedata

unicodedata.normalize("NFC", "a" + "\u0301\u0316" * 10**5)
