# The same, stopped by the clock.
# options: --timeout 1s
# expect: deadline wall_ns 124
# stderr: ^pybox\.DeadlineExceeded
# stderr: ^pybox: stopped: its time of 1s was over at line (7|8) of loop_deadline\.py, in spin; try --timeout 2s$
def spin():
    while True:
        pass

spin()
