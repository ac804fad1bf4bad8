# Reading standard input, from which nothing comes.
# options: --timeout 200ms
# stdin: open
# expect: deadline wall_ns 124
# stderr: ^pybox: stopped: its time of 200ms was over
input()
