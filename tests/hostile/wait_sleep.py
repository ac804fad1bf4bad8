# A sleep of thirty years.
# options: --timeout 1s
# expect: deadline wall_ns 124
# stderr: ^pybox\.DeadlineExceeded
# stderr: ^pybox: stopped: its time of 1s was over at line 8 of wait_sleep\.py
import time

time.sleep(1e9)
