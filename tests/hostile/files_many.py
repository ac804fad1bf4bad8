# Making files until there may be no more.
# options: --fuel 100M --files 100
# expect: exception - 1
# stderr: ^OSError: .*No space left on device
for n in range(10**6):
    open(f"/tmp/{n}", "w").close()
