# The same against the clock.
# options: --timeout 200ms
# expect: deadline wall_ns 124
# stderr: ^pybox\.DeadlineExceeded
while True:
    try:
        while True:
            pass
    except BaseException:
        continue
