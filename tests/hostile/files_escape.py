# Ways out of the file tree.
# options: --fuel 1G
# expect: done - 0
# stdout: []\n
import os

found = []
for path in ("../" * 50 + "etc/passwd", "/proc/self/mem", "/dev/mem", "/sys/kernel", "/etc/shadow", "//etc//passwd"):
    try:
        found.append(open(path, "rb").read(1))
    except OSError:
        pass
for descriptor in range(3, 1000):
    try:
        found.append(os.read(descriptor, 1))
    except OSError:
        pass
print(found)
