# The same beneath Python's streams.
# options: --output-limit 64K
# expect: output_full output_bytes 122
# stderr: ^pybox: stopped: it wrote more than 64K
import os

while True:
    os.write(1, bytes(4096))
