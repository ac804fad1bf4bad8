# JSON a million deep.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
import json

json.loads("[" * 10**6)
