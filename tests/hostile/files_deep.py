# Folders in folders.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^OSError
import os

while True:
    os.mkdir("d")
    os.chdir("d")
