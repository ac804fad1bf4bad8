"""There are no other processes in a box."""
# Box only.
import os
import subprocess

for start in (lambda: subprocess.run(["ls"]), lambda: subprocess.check_output("ls", shell=True), lambda: os.system("ls"),
              lambda: os.fork(), lambda: os.execv("/bin/ls", ["ls"]), lambda: os.popen("ls")):
    try:
        print(start())
    except (OSError, AttributeError, NotImplementedError, RuntimeError) as error:
        print(type(error).__name__, error)
try:
    import multiprocessing
    multiprocessing.Process(target=print).start()
except (ImportError, OSError, AttributeError, RuntimeError, ValueError) as error:
    print(type(error).__name__, error)
