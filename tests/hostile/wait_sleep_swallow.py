# Sleeping again whatever happens.
# options: --timeout 200ms
# expect: deadline wall_ns 124
# stderr: ^pybox\.DeadlineExceeded
import time

while True:
    try:
        time.sleep(1e9)
    except BaseException:
        pass
