# A sleep of thirty years.
# options: --timeout 200ms
# expect: deadline wall_ns 124
# stderr: ^pybox\.DeadlineExceeded
# stderr: ^pybox: stopped: its time of 200ms was over at line 8 of wait_sleep\.py
import time

time.sleep(1e9)
