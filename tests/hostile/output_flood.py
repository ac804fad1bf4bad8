# Writing for ever.
# options: --output-limit 64K
# expect: output_full output_bytes 122
# stderr: ^pybox: stopped: it wrote more than 64K at line 6 of output_flood\.py; try --output-limit 128K$
while True:
    print("x" * 1000)
