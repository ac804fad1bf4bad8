# The module json is replaced: a value is asked for.
# options: --fuel 100M
# mode: eval
# expect: out_of_fuel fuel 121
import json

def spin(*args, **options):
    while True:
        pass

json.dumps = json.loads = spin
[1]
