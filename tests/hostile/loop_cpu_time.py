# The same, stopped by the time it computed.
# options: --cpu-time 200ms
# expect: deadline cpu_ns 124
# stderr: ^pybox\.DeadlineExceeded
# stderr: ^pybox: stopped: its CPU time of 200ms was used up
while True:
    pass
