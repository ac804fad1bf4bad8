"""Nothing of the host is visible but the mounted folder, and .. does not lead out of it."""
# Box only.
import os
import sys

print(sorted(os.listdir("/")), os.getcwd(), os.listdir("."))
for path in ("/etc/passwd", "/proc/self/maps", "../../etc/passwd", "/root", "/work/../etc/shadow", "/dev/mem"):
    try:
        open(path)
        print("opened", path)
    except OSError as error:
        print(path, error.strerror)
print(dict(os.environ), sys.platform, os.name)
try:
    os.symlink("/etc/passwd", "link")
    print(open("link").read())
except OSError as error:
    print(type(error).__name__)
