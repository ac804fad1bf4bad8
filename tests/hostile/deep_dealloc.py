# Letting go of what is a million deep.
# options: --fuel 10G
# expect: done - 0
# stdout: gone\n
deep = None
for _ in range(10**6):
    deep = (deep,)
del deep
print("gone")
