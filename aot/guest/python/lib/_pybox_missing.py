"""Why a module of the standard library is not there: the table behind the import error and docs/STDLIB.md.

importlib's "No module named X" gets the reason appended (patches/importlib-missing-reason.patch). Only modules
that a native CPython on Linux may have are listed; looking for one (importlib.util.find_spec) still says None.
"""

_NO_NATIVE_CODE = "needs native code loading, which a pybox box does not have"
_NO_PROCESSES = "needs other processes, which a pybox box cannot start"
_NO_TERMINAL = "needs a terminal, which a pybox box does not have"
_NO_SCREEN = "needs a screen, which a pybox box does not have"
_NO_USERS = "needs a user database, which a pybox box does not have"
_NO_TLS = "needs OpenSSL and a network, which a pybox box does not have"
_NO_INTERPRETERS = "sub-interpreters are run by threads, which a pybox box does not have"
_NO_DBM = "the {} library is not linked into pybox; dbm.sqlite3 and dbm.dumb work"
_WINDOWS = "exists on Windows only"
_NOT_PACKED = "is not packed into pybox"

REASONS = {
    "_ctypes": f"ctypes {_NO_NATIVE_CODE}",
    "_curses": f"curses {_NO_TERMINAL}",
    "_curses_panel": f"curses {_NO_TERMINAL}",
    "_dbm": _NO_DBM.format("ndbm"),
    "_gdbm": _NO_DBM.format("gdbm"),
    "_interpchannels": _NO_INTERPRETERS,
    "_interpqueues": _NO_INTERPRETERS,
    "_interpreters": _NO_INTERPRETERS,
    "_multiprocessing": f"multiprocessing {_NO_PROCESSES}",
    "_posixshmem": "shared memory needs other processes, which a pybox box does not have",
    "_posixsubprocess": f"subprocess {_NO_PROCESSES}",
    "_ssl": f"ssl {_NO_TLS}",
    "_tkinter": f"tkinter {_NO_SCREEN}",
    "ensurepip": f"pip is installed by other processes; ensurepip {_NOT_PACKED}. "
    "Mount a folder of installed packages instead",
    "fcntl": "file locks and descriptor control do not exist in a pybox box",
    "grp": f"grp {_NO_USERS}",
    "idlelib": f"IDLE {_NO_SCREEN}",
    "mmap": "files cannot be mapped into a pybox box's memory; read them instead",
    "msvcrt": _WINDOWS,
    "nt": _WINDOWS,
    "pwd": f"pwd {_NO_USERS}",
    "readline": f"readline {_NO_TERMINAL}",
    "resource": "a pybox box's limits are set by the program that runs it",
    "syslog": "a pybox box has no system log; use logging with a file or a stream",
    "termios": f"termios {_NO_TERMINAL}",
    "test": f"CPython's own test suite {_NOT_PACKED}",
    "tkinter": f"tkinter {_NO_SCREEN}",
    "turtledemo": f"turtledemo {_NO_SCREEN}",
    "winreg": _WINDOWS,
    "winsound": _WINDOWS,
}


def explain(name):
    """What to append to the error message for `name`; '' for a name that is nothing special."""
    reason = REASONS.get(name)
    return f": {reason}" if reason else ""
