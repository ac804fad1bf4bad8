# No streams at all.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^ZeroDivisionError
import sys

sys.stdout = sys.stderr = sys.stdin = None
del sys.__stdout__
1 / 0
