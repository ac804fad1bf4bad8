# The same to standard error, from a hook.
# options: --output-limit 64K
# expect: output_full output_bytes 122
# stderr: ^pybox: stopped: it wrote more than 64K
import sys

def hook(*error):
    while True:
        sys.stderr.write("y" * 1000)

sys.excepthook = hook
1 / 0
