# The same against the clock.
# options: --timeout 200ms
# expect: deadline wall_ns 124
# stderr: ^pybox: stopped: its time of 200ms was over
import re

re.match(r"(a+)+$", "a" * 40 + "b")
