# Pickling what is a hundred thousand deep.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
import pickle

deep = []
for _ in range(10**5):
    deep = [deep]
pickle.dumps(deep)
