# Opening files until there are no more descriptors.
# options: --fuel 100M --open-files 16
# expect: exception - 1
# stderr: ^OSError: .*Too many open files|No file descriptors available
files = []
while True:
    files.append(open(f"/tmp/{len(files)}", "w"))
