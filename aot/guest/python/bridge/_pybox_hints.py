"""One line that names the likely fix of a mistake that generated programs often make, beyond what Python itself says.

The rules are in order; the first that knows something has the word. docs/ERRORS.md lists them.
"""

import errno
import os
import re
import sys

# What is asked for most, and what does the same work here.
_INSTEAD = {
    "numpy": "the modules math, statistics, array, fractions and itertools",
    "pandas": "the modules csv, sqlite3, statistics and collections",
    "scipy": "the modules math, cmath and statistics",
    "matplotlib": "pybox.display() of text or SVG that the program writes itself",
    "seaborn": "pybox.display() of text or SVG that the program writes itself",
    "requests": "what the host offers: there is no network",
    "httpx": "what the host offers: there is no network",
    "aiohttp": "what the host offers: there is no network",
    "urllib3": "what the host offers: there is no network",
    "bs4": "the module html.parser",
    "lxml": "the module xml.etree.ElementTree",
    "yaml": "the modules json and tomllib",
    "toml": "the module tomllib",
    "dateutil": "the modules datetime and zoneinfo",
    "pytz": "the module zoneinfo",
    "simplejson": "the module json",
    "orjson": "the module json",
    "ujson": "the module json",
    "regex": "the module re",
    "pytest": "the module unittest, or plain assert statements",
    "nose": "the module unittest",
    "tqdm": "print()",
    "sklearn": "the module statistics (linear_regression, correlation, NormalDist)",
    "sqlalchemy": "the module sqlite3",
    "psycopg2": "the module sqlite3",
    "redis": "a dict, or the module sqlite3",
    "dotenv": "os.environ",
    "pydantic": "the module dataclasses",
    "attr": "the module dataclasses",
    "six": "Python 3 itself",
    "openpyxl": "the module csv",
    "PIL": "nothing: images can be neither read nor drawn here",
    "cv2": "nothing: images can be neither read nor drawn here",
    "torch": "nothing: no native packages can be loaded here",
    "tensorflow": "nothing: no native packages can be loaded here",
}


def _missing_module(exception, text):
    if not isinstance(exception, ModuleNotFoundError) or not isinstance(exception.name, str):
        return ""
    name = exception.name.partition(".")[0]
    if name in sys.stdlib_module_names:
        return ""  # the message says why
    instead = _INSTEAD.get(name)
    if instead is not None:
        return f"the package {name} is not in this box; use {instead}, or have the host mount the package"
    return (
        f"{name} is neither in the standard library nor mounted, and nothing can be installed from inside a box; "
        "use the standard library, or have the host mount a folder with the package"
    )


def _markdown(exception, text):
    if not isinstance(exception, SyntaxError):
        return ""
    source = (exception.text or "").lstrip()
    if source.startswith("```"):
        return "the code is wrapped in Markdown fences (```): pass only what is between them"
    if source[:1] in "!%" and re.match(r"[!%]{1,2}\w", source):
        return "lines that begin with ! or % are notebook commands, not Python: leave them out"
    if re.match(r"(pip3?|python3?|conda|apt(-get)?|cd|ls) +[\w./-]", source):
        return "this is a shell command, not Python; there is no shell and nothing to install in a box"
    if source.startswith((">>> ", "... ")):
        return "prompts (>>>) of a console session are not part of the code: leave them out"
    if "invalid character" in text and re.search("[\u2018\u2019\u201c\u201d]", source):
        return "typographic quotation marks are not Python's: use ' and \""
    if "'await' outside" in text or "'async " in text and "outside" in text:
        return "await works at top level and inside `async def`, not inside a plain function"
    return ""


def _event_loop(exception, text):
    if isinstance(exception, RuntimeError) and "cannot be called from a running event loop" in text:
        return "an event loop runs already: use `await main()` in the place of asyncio.run(main())"
    return ""


def _no_input(exception, text):
    if isinstance(exception, EOFError) and "reading a line" in text:
        return "nobody answers input() here: put the values into the code, or have the host give standard input"
    return ""


def _no_network(exception, text):
    if isinstance(exception, OSError) and "needs a network" in text or "urlopen error" in text:
        return "a box has no network: read from files that the host mounts, or call a function of the host's"
    return ""


def _no_processes(exception, text):
    if isinstance(exception, (OSError, RuntimeError, NotImplementedError, ImportError)):
        if "other processes" in text or "not support processes" in text:
            return "a box cannot start programs: do the work in Python (shutil, pathlib, zipfile, ...)"
        if "start new thread" in text:
            return "a box has one thread: do the work in a loop, or with asyncio"
    return ""


def _folders():
    try:
        return ", ".join(sorted("/" + name for name in os.listdir("/") if name not in ("usr", "dev")))
    except OSError:
        return "/work"


def _files(exception, text):
    if not isinstance(exception, OSError) or not isinstance(exception.filename, (str, bytes)):
        return ""
    name = os.fsdecode(exception.filename)
    if isinstance(exception, FileNotFoundError):
        top = "/" + name.lstrip("/").partition("/")[0]
        if name.startswith("/") and not os.path.exists(top):
            return f"nothing of the host's files is visible but what it mounts; there is {_folders()}, and /work is writable"
        if not name.startswith("/"):
            return f"the path is relative to {os.getcwd()}; os.listdir() shows what is there"
    if exception.errno in (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTCAPABLE):
        return "this place is read-only: write below /work"
    return ""


def _space(exception, text):
    if isinstance(exception, OSError) and exception.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the box's files have reached their limit (limits.files_bytes): delete some, or write less"
    return ""


def _environment(exception, text):
    if isinstance(exception, KeyError) and exception.__traceback__ is not None:
        step = exception.__traceback__
        while step.tb_next is not None:
            step = step.tb_next
        if step.tb_frame.f_code.co_filename.endswith("/os.py") or step.tb_frame.f_code.co_filename == "<frozen os>":
            return "nothing of the host's environment is visible but what it gives the box: use os.environ.get()"
    return ""


def _recursion(exception, text):
    if isinstance(exception, RecursionError):
        return f"the recursion is over {sys.getrecursionlimit()} deep: does it end? Otherwise use a loop, or sys.setrecursionlimit()"
    return ""


def _memory(exception, text):
    if isinstance(exception, MemoryError):
        return "the box's memory is limited (limits.memory_bytes): work in pieces, with generators and iterators"
    return ""


def _encoding(exception, text):
    if isinstance(exception, UnicodeDecodeError):
        return "the bytes are not UTF-8: open(path, encoding=...) or open(path, 'rb')"
    return ""


def _integers(exception, text):
    if isinstance(exception, ValueError) and "Exceeds the limit" in text and "integer string conversion" in text:
        return "sys.set_int_max_str_digits(0) lifts the limit on digits"
    return ""


_RULES = (
    _missing_module,
    _markdown,
    _event_loop,
    _no_input,
    _no_network,
    _no_processes,
    _space,
    _files,
    _environment,
    _recursion,
    _memory,
    _encoding,
    _integers,
)


def hint(exception):
    """The hint for an exception, or ''."""
    try:
        text = str(exception)
        for rule in _RULES:
            found = rule(exception, text)
            if found:
                return found
    except Exception:  # a guest's class that answers oddly
        pass
    return ""
