# The same, stopped by the clock.
# options: --timeout 200ms
# expect: deadline wall_ns 124
# stderr: ^pybox\.DeadlineExceeded
# stderr: ^pybox: stopped: its time of 200ms was over at line (7|8) of loop_deadline\.py, in spin; try --timeout 400ms$
def spin():
    while True:
        pass

spin()
