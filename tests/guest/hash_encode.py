"""Checksums, keyed hashes, key derivation and text encodings of bytes, against known values."""
import base64
import binascii
import hashlib
import hmac
import io

for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s"):
    digest = hashlib.new(name, b"The quick brown fox jumps over the lazy dog")
    print(f"{name:9} {digest.digest_size:3} {digest.block_size:4} {digest.hexdigest()[:32]}")
print(hashlib.sha256(b"").hexdigest())
print(hashlib.shake_128(b"x").hexdigest(20), {"md5", "sha256", "blake2b"} <= hashlib.algorithms_guaranteed)

incremental = hashlib.sha256()
for start in range(0, 100_000, 777):
    incremental.update((b"0123456789" * 10_000)[start:start + 777])
half = incremental.copy()
half.update(b"!")
print(incremental.digest() == hashlib.sha256(b"0123456789" * 10_000).digest(), half.hexdigest()[:16])
print(hashlib.file_digest(io.BytesIO(b"file content"), "sha1").hexdigest())
print(hashlib.blake2b(b"message", key=b"secret", digest_size=16, person=b"pybox", salt=b"salt").hexdigest())
print(hmac.new(b"key", b"The quick brown fox jumps over the lazy dog", "sha256").hexdigest())
print(hmac.digest(b"k" * 200, b"msg", "md5").hex(), hmac.compare_digest(b"abc", b"abd"), hmac.compare_digest("same", "same"))


def derive(password, salt, rounds):
    """PBKDF2 by hand: hashlib has it only where OpenSSL is."""
    block = hmac.digest(password, salt + (1).to_bytes(4, "big"), "sha256")
    key = int.from_bytes(block, "big")
    for _ in range(rounds - 1):
        block = hmac.digest(password, block, "sha256")
        key ^= int.from_bytes(block, "big")
    return key.to_bytes(32, "big")


print(derive(b"password", b"salt", 1).hex(), derive(b"password", b"salt", 1000)[:20].hex())

raw = bytes(range(0, 256, 7)) + "ü".encode()
for encode, decode in ((base64.b64encode, base64.b64decode), (base64.urlsafe_b64encode, base64.urlsafe_b64decode),
                       (base64.b32encode, base64.b32decode), (base64.b16encode, base64.b16decode),
                       (base64.a85encode, base64.a85decode), (base64.b85encode, base64.b85decode)):
    text = encode(raw)
    print(f"{encode.__name__:20} {decode(text) == raw} {text.decode()[:44]}")
for bad in (lambda: base64.b64decode("abc"), lambda: base64.b64decode("ab$=", validate=True), lambda: base64.b32decode("a1"),
            lambda: bytes.fromhex("0g"), lambda: binascii.unhexlify("abc"), lambda: hashlib.new("nothash")):
    try:
        bad()
    except (binascii.Error, ValueError) as error:
        print(type(error).__name__, error)
print(base64.encodebytes(b"x" * 60), binascii.b2a_uu(b"hello"), binascii.a2b_qp(b"=C3=BC=\n!"), binascii.b2a_base64(b"\0", newline=False))


class Users:
    def __init__(self):
        self.stored = {}

    def add(self, name, password, salt):
        self.stored[name] = salt, derive(password.encode(), salt, 50)

    def check(self, name, password):
        salt, expected = self.stored.get(name, (b"", b""))
        return hmac.compare_digest(derive(password.encode(), salt, 50), expected)


users = Users()
users.add("ann", "pässword", b"grain")
print(users.check("ann", "pässword"), users.check("ann", "password"), users.check("bob", ""))
