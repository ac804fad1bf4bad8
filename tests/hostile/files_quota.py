# Writing until the files are full.
# options: --fuel 100M --files-limit 1M
# expect: exception - 1
# stderr: ^OSError: .*No space left on device
with open("/tmp/big", "wb") as file:
    while True:
        file.write(bytes(10**5))
