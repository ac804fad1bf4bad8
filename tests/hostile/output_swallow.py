# A writer that does not listen.
# options: --output-limit 64K
# expect: output_full output_bytes 122
# stderr: ^pybox: stopped: it wrote more than 64K
while True:
    try:
        print("x" * 1000)
    except BaseException:
        pass
