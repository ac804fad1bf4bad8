# Copying what is a hundred thousand deep.
# options: --fuel 10G
# expect: done - 0
# stdout: refused\n
import copy

deep = []
for _ in range(10**5):
    deep = [deep]
try:
    copy.deepcopy(deep)
except RecursionError:
    print("refused")
