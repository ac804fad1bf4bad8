"""Modules that need native code, a terminal or the system say so when they are imported."""
# Box only.
import importlib

for name in ("ctypes", "multiprocessing.pool", "fcntl", "termios", "resource", "curses", "tkinter", "readline", "ssl", "mmap",
             "pwd", "grp", "syslog", "no_such_module"):
    try:
        importlib.import_module(name)
        print(name, "imported")
    except ImportError as error:
        print(f"{type(error).__name__}: {error}")
