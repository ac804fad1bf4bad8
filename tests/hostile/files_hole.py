# A file with an enormous hole.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^OSError
with open("/tmp/hole", "wb") as file:
    file.seek(2**40)
    file.write(b"x")
