# Waiting for what never comes, with select().
# options: --timeout 200ms
# expect: deadline wall_ns 124
# stderr: ^pybox: stopped: its time of 200ms was over
import select

select.select([], [], [], 1e9)
