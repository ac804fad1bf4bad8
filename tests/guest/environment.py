"""Sees the variables that it was given, and none of the host's."""
import os
import shlex
import sys
import time

print({name: value for name, value in os.environ.items() if name.startswith("APP_")})
print(os.getenv("GREETING"), os.environ.get("HOME_OF_THE_HOST", "unset"), os.environ["APP_PATH"].split(os.pathsep))
os.environ["APP_NEW"] = "set here"
print(os.path.expandvars("$APP_NEW and ${APP_MODE} and $NONE"), "APP_NEW" in os.environ)
del os.environ["APP_NEW"]
try:
    os.environ["APP_NEW"]
except KeyError as error:
    print("KeyError", error)
print(sys.argv[1:], __name__, os.path.basename(__file__), sys.flags.dev_mode, sys.implementation.name, sys.version_info[:2])
print(shlex.split("a 'b c' d\\ e"), shlex.join(["x y", "z"]), os.path.normpath("/a/./b/../c"), os.path.splitext("x.tar.gz"))
print(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(0)), time.localtime(86400).tm_mday, time.monotonic() <= time.monotonic())
start = time.perf_counter()
time.sleep(0.02)
print(time.perf_counter() - start >= 0.02, time.time() > 1_700_000_000, time.process_time() >= 0)
