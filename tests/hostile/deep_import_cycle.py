# Modules that import each other for ever, by other names.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
import sys

sys.path.insert(0, "/tmp")
for n in range(2000):
    with open(f"/tmp/m{n}.py", "w") as file:
        file.write(f"import m{n + 1}")
import m0
