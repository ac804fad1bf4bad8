# The same with marshal.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^ValueError: object too deeply nested
import marshal

deep = []
for _ in range(10**5):
    deep = [deep]
marshal.dumps(deep)
