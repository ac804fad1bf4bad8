# Code objects from bytes that are garbage.
# options: --fuel 100M
# expect: exception - 1
# stderr: Error
import marshal

marshal.loads(b"c" + bytes(range(256)) * 4)
