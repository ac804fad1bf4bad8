"""The guest's Python half: what the runtime asks for that is easier said in Python than in C.

Called by guest_main.c only; not an interface for programs in the box.
"""

import gc
import json
import linecache
import os
import sys

import _signal
import _pybox_missing  # from now on, an import that cannot work says why
from _pybox_display import displayhook
from _pybox_errors import describe_exception, show_unraisable


def remember_source(filename, source):
    """Lets tracebacks, warnings and inspect show the source, which need not exist as a file in the box."""
    lines = source.decode("utf-8", "replace").splitlines(True)
    linecache.cache[filename] = (len(source), None, lines, filename)


def configure(options):
    options = json.loads(options.decode("utf-8", "surrogateescape"))
    if "mounts" in options:
        # A folder may have come where the image has seen none. (importlib.invalidate_caches() does this
        # too, but imports importlib.metadata for it.)
        for finder in sys.path_importer_cache.values():
            if finder is not None:
                finder.invalidate_caches()
    if "argv" in options:
        sys.argv[:] = options["argv"]
    if "environment" in options:
        os.environ.clear()
        os.environ.update(options["environment"])
    if "directory" in options:
        os.chdir(options["directory"])
    if "recursion" in options:
        sys.setrecursionlimit(options["recursion"])


def declare_functions(text):
    import _pybox_tools

    _pybox_tools.declare(text)


def finish():
    """What the interpreter does at its exit, as far as a program can notice."""
    import atexit

    atexit._run_exitfuncs()  # then the contexts are emptied, by guest_registry.c


def settle():
    """Before a base image is saved: what is in it is not garbage and need not be looked at again."""
    linecache.clearcache()
    gc.collect()
    gc.freeze()


sys.displayhook = displayhook
sys.unraisablehook = show_unraisable
_signal.signal(_signal.SIGINT, _signal.default_int_handler)  # Ctrl-C, unless the program wants it otherwise
os.chdir("/work")
sys.path.insert(0, "")
sys.stdout.reconfigure(line_buffering=True)
