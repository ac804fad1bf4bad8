"""stdlib_doc.py [--check] FILE: writes docs/STDLIB.md, or says whether it is up to date.

Run with the host python of the guest's build, which knows the standard library's module names. The reasons for
missing modules are those that the import error in a box gives (lib/_pybox_missing.py); what works only partly
is said here. A test imports every module of the table in a box.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "lib"))

from _pybox_missing import REASONS  # noqa: E402

# Public modules that fail because of a module that is missing.
NEEDS = {
    "ctypes": "_ctypes",
    "curses": "_curses",
    "pty": "termios",
    "ssl": "_ssl",
    "tty": "termios",
    "turtle": "tkinter",
}

PARTLY = {
    "asyncio": "tasks, timers, queues, locks and streams in memory; `run_in_executor` and `to_thread` run the "
    "function in the one thread there is; no sockets, pipes, processes and signal handlers "
    "(`NotImplementedError`)",
    "concurrent": "`concurrent.futures.Future` works; the pools cannot start threads or processes "
    "(`RuntimeError`, `ImportError`)",
    "dbm": "`dbm.sqlite3` and `dbm.dumb`; not `dbm.gnu` and `dbm.ndbm`",
    "faulthandler": "`dump_traceback`; no handlers for signals",
    "ftplib": "imports; every connection fails, there are no sockets",
    "getpass": "`getpass()` reads from standard input and shows what is typed; `getuser()` needs the environment",
    "hashlib": "md5, sha1, sha2, sha3, blake2 and shake; not `scrypt`, `ripemd160` and others that need OpenSSL",
    "http": "`http.HTTPStatus`, `http.cookies` and the like; every connection fails, there are no sockets",
    "imaplib": "imports; every connection fails, there are no sockets",
    "locale": "the C locale only",
    "multiprocessing": "imports; starting processes and what they share fails (`ImportError`, `OSError`)",
    "os": "files, folders and the environment; no processes (`fork`, `execv`, `system`, `pipe`), no users "
    "(`getuid`), no file modes (`chmod` changes nothing, there is no `umask`)",
    "platform": "says `wasi` and `wasm32`; the host stays unknown",
    "poplib": "imports; every connection fails, there are no sockets",
    "posix": "as `os`",
    "select": "imports; there are no descriptors worth waiting for",
    "selectors": "imports; there are no descriptors worth waiting for",
    "shutil": "everything but `disk_usage` and `chown`",
    "signal": "handlers can be set and `raise_signal` works; no signal comes from outside, no timers",
    "smtplib": "imports; every connection fails, there are no sockets",
    "socket": "constants, address conversion; every socket fails (`OSError`)",
    "socketserver": "imports; every server fails, there are no sockets",
    "sqlite3": "without loadable extensions, WAL mode and file locks: connections in one box exclude each "
    "other, but two boxes (or a box and the host) must not write one database file at the same time",
    "subprocess": "imports; starting a process fails (`OSError`)",
    "tempfile": "in the box's own `/tmp`",
    "threading": "locks, conditions, events and local data; `Thread.start()` fails (`RuntimeError`), and a wait "
    "that nothing can end is a `RuntimeError` that says so",
    "time": "UTC only: there is no `tzset`, and no `thread_time` (`process_time` is the same here)",
    "urllib": "`urllib.parse`; `urllib.request` opens `data:` and `file:` addresses only",
    "venv": "imports; creating an environment needs processes",
    "webbrowser": "imports; there is no browser",
    "wsgiref": "handlers and utilities; servers fail, there are no sockets",
    "xmlrpc": "marshalling; every connection fails, there are no sockets",
}

HEADER = """\
# The standard library in a box

Every top-level module of Python 3.13's standard library. All of it is in every box, at
`/usr/lib/python3.13`, without a folder of the host. A module that does not work says why when it is imported:

    >>> import ctypes
    ModuleNotFoundError: No module named '_ctypes': {example}

This table is made by `aot/guest/python/stdlib_doc.py`; a test imports every module of it in a box.

| module | works | remark |
|---|---|---|
"""


def missing_reason(name):
    return REASONS.get(name) or REASONS.get(NEEDS.get(name))


def table():
    """(module, "yes" | "partly" | "no", remark) for every public module."""
    for name in sorted(sys.stdlib_module_names):
        if name.startswith("_") and name != "__future__":
            continue
        reason = missing_reason(name)
        if reason is not None:
            yield name, "no", reason
        elif name in PARTLY:
            yield name, "partly", PARTLY[name]
        else:
            yield name, "yes", ""


def document():
    lines = [HEADER.format(example=REASONS["_ctypes"])]
    lines += [f"| `{name}` | {works} | {remark} |\n" for name, works, remark in table()]
    return "".join(lines)


def main(arguments):
    path = arguments[-1]
    if arguments[0] != "--check":
        with open(path, "w") as file:
            file.write(document())
        return 0
    with open(path) as file:
        if file.read() == document():
            return 0
    print(f"{path} is out of date; to do: run stdlib_doc.py {path}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
