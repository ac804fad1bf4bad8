# The same against the clock.
# options: --timeout 1s
# expect: deadline wall_ns 124
# stderr: ^pybox: stopped: its time of 1s was over at line 5 of c_sum_deadline\.py
sum(range(10**12))
