# The same the other way.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
import json

deep = []
for _ in range(10**5):
    deep = [deep]
json.dumps(deep)
