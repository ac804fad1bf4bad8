# The module json is replaced: that is not what writes values.
# options: --fuel 100M
# mode: eval
# expect: done - 0
import json

def spin(*args, **options):
    while True:
        pass

json.dumps = json.loads = spin
[1]
