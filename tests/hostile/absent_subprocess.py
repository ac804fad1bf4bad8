# Nor by subprocess.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^(OSError|[A-Za-z.]*Error)
import subprocess

subprocess.run(["/bin/sh"])
