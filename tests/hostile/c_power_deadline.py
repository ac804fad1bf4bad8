# The same against the clock.
# options: --timeout 1s
# expect: deadline wall_ns 124
# stderr: ^pybox: stopped: its time of 1s was over at line 5 of c_power_deadline\.py
10**10**8
