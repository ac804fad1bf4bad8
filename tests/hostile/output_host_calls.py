# More calls out of the box than allowed.
# options: --host-calls 1000
# expect: limit host_calls 119
# stderr: ^pybox: stopped: it made more than 1k calls out of the box
import os

while True:
    os.stat("/")
