# A key derivation with a billion rounds, in one call of C.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import hashlib

hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 10**9)
