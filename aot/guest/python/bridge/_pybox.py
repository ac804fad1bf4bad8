"""The guest's Python half: what the runtime asks for that is easier said in Python than in C.

Called by guest_main.c only; not an interface for programs in the box.
"""

import gc
import json
import linecache
import os
import sys
import traceback

import _signal
import _pybox_missing  # from now on, an import that cannot work says why

_MAX_TEXT = 1 << 20  # longest message, repr or traceback that crosses to the host, in characters
_MAX_VALUE = 16 << 20  # longest JSON text of a value


def _shorten(text):
    if len(text) <= _MAX_TEXT:
        return text
    half = _MAX_TEXT // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"


def _pack(*texts):
    """The payload of a reply: each text as a 32-bit length and its UTF-8 bytes."""
    parts = []
    for text in texts:
        encoded = text.encode("utf-8", "backslashreplace")
        parts += len(encoded).to_bytes(4, "little"), encoded
    return b"".join(parts)


def _safe(function, value):
    """str() or repr() of a guest's value: its own code, which may raise anything."""
    try:
        return _shorten(function(value))
    except Exception as error:
        return f"<{type(value).__name__}: {function.__name__}() raised {type(error).__name__}>"


def remember_source(filename, source):
    """Lets tracebacks, warnings and inspect show the source, which need not exist as a file in the box."""
    lines = source.decode("utf-8", "replace").splitlines(True)
    linecache.cache[filename] = (len(source), None, lines, filename)


def _qualified_name(kind):
    if kind.__module__ in ("builtins", "__main__"):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _brief_message(exception):
    """str(exception) if that calls none of the program's code."""
    plain = type(type(exception).__str__) is type(object.__str__)
    if plain and all(type(part) in (str, int, float, bytes, type(None)) for part in exception.args):
        return _shorten(str(exception))
    return ""


def _brief_traceback(frames):
    """As the traceback module formats them, but without marks, and without opening a file for a line of source."""
    text = "Traceback (most recent call last):\n"
    for frame in frames:
        if isinstance(frame, int):
            text += f"  [... {frame} frames left out ...]\n"
            continue
        filename, line, function = frame
        text += f'  File "{filename}", line {line}, in {function}\n'
        if filename in linecache.cache:
            source = linecache.getline(filename, line).strip()
            text += f"    {source}\n" if source else ""
    return text


def _full_text(exception):
    hook = sys.excepthook
    if hook is sys.__excepthook__ or not callable(hook):
        return "".join(traceback.format_exception(exception))
    # The program prints its errors itself, as it would at the interpreter's top level.
    try:
        hook(type(exception), exception, exception.__traceback__)
        return ""
    except Exception as error:
        error.__traceback__ = error.__traceback__.tb_next  # not this frame
        text = "Error in sys.excepthook:\n" + "".join(traceback.format_exception(error))
        text += "\nOriginal exception was:\n"
        return text + "".join(traceback.format_exception(exception))


def describe_exception(exception, line, frames):
    """line: where it was raised in the program. frames: None, or what a brief description shows."""
    if isinstance(exception, SyntaxError) and isinstance(exception.lineno, int):
        line = exception.lineno
    kind = _qualified_name(type(exception))
    if frames is None:
        text = _full_text(exception)
        message = _safe(str, exception)
    else:
        message = _brief_message(exception)
        text = _brief_traceback(frames) + kind + (f": {message}\n" if message else "\n")
    return _pack(kind, message, _shorten(text), str(line if 0 <= line < 2**31 else 0))


def show_unraisable(unraisable):
    """As the interpreter's own hook, which looks for source lines in files and so finds none here."""
    where = ""
    if unraisable.object is not None:
        where = unraisable.err_msg or "Exception ignored in"
        where += f": {_safe(repr, unraisable.object)}\n"
    elif unraisable.err_msg is not None:
        where = unraisable.err_msg + ":\n"
    error = unraisable.exc_value
    lines = traceback.format_exception(unraisable.exc_type, error, unraisable.exc_traceback)
    sys.stderr.write(where + "".join(lines))


def describe_value(value):
    try:
        value_json = json.dumps(value, allow_nan=False)
    except Exception:  # no JSON form, no memory, or a guest's class that raises: the repr has to do
        value_json = ""
    if len(value_json) > _MAX_VALUE:
        value_json = ""
    return _pack(_safe(repr, value), value_json)


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


def finish():
    """What the interpreter does at its exit, as far as a program can notice."""
    import atexit

    atexit._run_exitfuncs()
    main = sys.modules["__main__"].__dict__
    keep = {"__name__", "__builtins__", "__doc__", "__loader__", "__spec__", "__package__"}
    for name in [name for name in main if name not in keep]:
        main.pop(name, None)
    gc.collect()


def settle():
    """Before a base image is saved: what is in it is not garbage and need not be looked at again."""
    linecache.clearcache()
    gc.collect()
    gc.freeze()


sys.unraisablehook = show_unraisable
_signal.signal(_signal.SIGINT, _signal.default_int_handler)  # Ctrl-C, unless the program wants it otherwise
os.chdir("/work")
sys.path.insert(0, "")
sys.stdout.reconfigure(line_buffering=True)
