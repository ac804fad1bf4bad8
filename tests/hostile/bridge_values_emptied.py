# The half of values in Python is emptied: the half in C stays.
# options: --fuel 100M
# mode: eval
# expect: done - 0
import sys

module = sys.modules["_pybox_values"]
for name in list(vars(module)):
    delattr(module, name)
{"a": [1, 2.5, "text", None]}
