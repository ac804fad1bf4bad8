# A file that is made enormous.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^OSError
with open("/tmp/f", "wb") as file:
    file.truncate(2**40)
