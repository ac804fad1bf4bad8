"""Tokens and identifiers: only their shape can be checked, but that they differ as well."""
import os
import random
import re
import secrets
import string
import uuid

tokens = {secrets.token_hex(16) for _ in range(200)}
print(len(tokens), all(re.fullmatch("[0-9a-f]{32}", token) for token in tokens))
print(len(secrets.token_bytes(20)), len(secrets.token_urlsafe(24)), type(secrets.token_bytes()).__name__)
print({secrets.randbelow(5) for _ in range(500)} == set(range(5)), secrets.choice([7]), secrets.randbits(12) < 4096)
alphabet = string.ascii_letters + string.digits
while True:
    password = "".join(secrets.choice(alphabet) for _ in range(12))
    if any(map(str.islower, password)) and any(map(str.isupper, password)) and sum(map(str.isdigit, password)) >= 2:
        break
print(len(password), password.isalnum(), secrets.compare_digest(password, password))
print(len(os.urandom(33)), os.urandom(16) != os.urandom(16), random.SystemRandom().random() < 1)

identifiers = [uuid.uuid4() for _ in range(300)]
print(len(set(identifiers)), {u.version for u in identifiers}, {u.variant for u in identifiers})
print(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", str(identifiers[0])) is not None)
print(uuid.uuid5(uuid.NAMESPACE_DNS, "python.org"), uuid.uuid3(uuid.NAMESPACE_URL, "https://python.org/"))
fixed = uuid.UUID("{12345678-1234-5678-1234-567812345678}")
print(fixed.hex, fixed.int, fixed.urn, fixed.bytes_le.hex(), fixed == uuid.UUID(bytes=fixed.bytes), fixed.fields[:3])
print(sorted([uuid.UUID(int=3), uuid.UUID(int=1)])[0], uuid.UUID(int=0, version=4))
first, second = uuid.uuid1(), uuid.uuid1()
print(first.version, first != second, first.time <= second.time)
for bad in (lambda: uuid.UUID("not-a-uuid"), lambda: uuid.UUID(int=-1), lambda: secrets.choice([]), lambda: secrets.randbelow(0)):
    try:
        bad()
    except (ValueError, IndexError) as error:
        print(type(error).__name__, error)
unseeded = [random.random() for _ in range(3)]
random.seed()
print(unseeded != [random.random() for _ in range(3)])
