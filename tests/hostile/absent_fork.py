# No processes.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^(AttributeError|OSError)
import os

os.fork()
