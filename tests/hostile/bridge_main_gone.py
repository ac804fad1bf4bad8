# The module of the program itself is removed.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^ZeroDivisionError
import sys

sys.modules["__main__"] = 17
globals().clear()
1 / 0
