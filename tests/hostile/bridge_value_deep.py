# A value that is a hundred thousand deep.
# options: --fuel 10G
# mode: eval
# expect: done - 0
deep = []
for _ in range(10**5):
    deep = [deep]
deep
