# All of it.
# options: --timeout 200ms
# stdin: open
# expect: deadline wall_ns 124
# stderr: ^pybox: stopped: its time of 200ms was over
import sys

sys.stdin.buffer.read()
