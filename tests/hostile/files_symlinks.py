# Links that lead to each other.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^OSError: .*([Ll]oop|levels of symbolic links)
import os

os.symlink("/tmp/b", "/tmp/a")
os.symlink("/tmp/a", "/tmp/b")
open("/tmp/a")
