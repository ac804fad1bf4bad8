"""What the host is told of an exception: texts for people, and an object for programs (docs/ERRORS.md).

Called by guest_reply.c through the bridge; not an interface for programs in the box.
"""

import json
import linecache
import sys
import traceback

import _pybox_hints

_MAX_TEXT = 1 << 20  # longest message or traceback that crosses to the host, in characters
_MAX_FIELD = 1 << 16  # longest text in the object
_MAX_NOTES = 100
_MAX_GROUP = 20  # exceptions of a group that are described
_MAX_CHAIN = 20  # causes and contexts, one behind the other, and groups in groups
_FIRST_FRAMES = 20  # of a deep recursion, so many at either end are described
_LAST_FRAMES = 80

_dumps = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_TracebackException = traceback.TracebackException
_StackSummary = traceback.StackSummary
_STDLIB = sys.prefix + "/lib/python"  # and its archive


def shorten(text, most=_MAX_TEXT):
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"


def pack(*texts):
    """The payload of a reply: each text as a 32-bit length and its UTF-8 bytes."""
    parts = []
    for text in texts:
        encoded = text.encode("utf-8", "backslashreplace")
        parts += len(encoded).to_bytes(4, "little"), encoded
    return b"".join(parts)


def safe(function, value):
    """str() or repr() of a guest's value: its own code, which may raise anything."""
    try:
        return shorten(function(value))
    except Exception as error:
        return f"<{type(value).__name__}: {function.__name__}() raised {type(error).__name__}>"


def _qualified_name(kind):
    if kind.__module__ in ("builtins", "__main__"):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


# ---- texts


def _brief_message(exception):
    """str(exception) if that calls none of the program's code."""
    plain = type(type(exception).__str__) is type(object.__str__)
    if plain and all(type(part) in (str, int, float, bytes, type(None)) for part in exception.args):
        return shorten(str(exception))
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


def _hooked_text(exception, hook):
    """The program prints its errors itself, as it would at the interpreter's top level."""
    try:
        hook(type(exception), exception, exception.__traceback__)
        return ""
    except Exception as error:
        error.__traceback__ = error.__traceback__.tb_next  # not this frame
        text = "Error in sys.excepthook:\n" + "".join(traceback.format_exception(error))
        text += "\nOriginal exception was:\n"
        return text + "".join(traceback.format_exception(exception))


# ---- frames


def _is_users(filename):
    """Code of the standard library, of packages and of the interpreter is not the program's own."""
    return not (
        filename.startswith(_STDLIB) or filename.startswith("<frozen ") or "/site-packages/" in filename
    )


def _chain(summary):
    """The described exception and all that are described with it."""
    found, waiting = [], [summary]
    while waiting:
        one = waiting.pop()
        if one is None or len(found) > _MAX_CHAIN * _MAX_GROUP:
            continue
        found.append(one)
        waiting += [one.__cause__, one.__context__, *(one.exceptions or ())]
    return found


class _Stack(_StackSummary):
    """Formats frames that are alike, as those of a recursion, once: it takes half a million units of fuel."""

    def format_frame_summary(self, frame, **options):
        alike = frame.filename, frame.lineno, frame.end_lineno, frame.colno, frame.end_colno, frame.name
        formatted = self.__dict__  # a list has no other use for it
        if alike not in formatted:
            formatted[alike] = super().format_frame_summary(frame, **options)
        return formatted[alike]


def _users_text(summary, text):
    """The text with the program's own frames; of an exception that went through none, with all. `text`: with all, or None."""
    changed = text is None
    for one in _chain(summary):
        users = [frame for frame in one.stack if _is_users(frame.filename)]
        if users and len(users) < len(one.stack):
            one.stack = _Stack(users)
            changed = True
    return "".join(summary.format()) if changed else text


def _column(source, offset):
    """From an offset in bytes to the number of a character, from 1."""
    return len(source.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "replace")) + 1


def _frame_object(frame):
    described = {"file": frame.filename, "line": frame.lineno or 0, "function": frame.name}
    source = frame._original_lines if frame.lineno else ""
    lines = source.splitlines() or [""]
    if frame.end_lineno and frame.colno is not None and frame.end_colno is not None:
        described["end_line"] = frame.end_lineno
        if source:
            described["column"] = _column(lines[0], frame.colno)
            described["end_column"] = _column(lines[-1], frame.end_colno)
    if source:
        described["source"] = shorten(lines[0].strip(), 1000)
    described["user"] = _is_users(frame.filename)
    return described


def _frame_objects(stack):
    frames = list(stack)
    omitted = len(frames) - _FIRST_FRAMES - _LAST_FRAMES
    if omitted <= 0:
        return [_frame_object(frame) for frame in frames]
    first, last = frames[:_FIRST_FRAMES], frames[-_LAST_FRAMES:]
    between = {"omitted": omitted}
    return [*map(_frame_object, first), between, *map(_frame_object, last)]


# ---- the object


def _syntax_object(summary):
    described = {"message": shorten(summary.msg or "", _MAX_FIELD), "file": summary.filename or ""}
    for name, value in (
        ("line", summary.lineno),
        ("column", summary.offset),
        ("end_line", summary.end_lineno),
        ("end_column", summary.end_offset),
    ):
        if value is not None and int(value) > 0:
            described[name] = int(value)
    if summary.text is not None:
        described["source"] = shorten(summary.text.rstrip("\n"), 1000)
    return described


def _exception_object(exception, summary, depth):
    kind = type(exception)
    described = {
        "type": kind.__qualname__,
        "module": str(kind.__module__),
        "message": shorten(safe(str, exception), _MAX_FIELD),
        "frames": _frame_objects(summary.stack),
    }
    notes = summary.__notes__
    if notes:
        listed = list(notes)[:_MAX_NOTES] if isinstance(notes, (list, tuple)) else [notes]
        described["notes"] = [shorten(safe(str, note), _MAX_FIELD) for note in listed]
    if isinstance(exception, SyntaxError) and hasattr(summary, "msg"):
        described["syntax"] = _syntax_object(summary)
    if depth >= _MAX_CHAIN:
        return described
    if summary.__cause__ is not None:
        described["cause"] = _exception_object(exception.__cause__, summary.__cause__, depth + 1)
    if summary.__context__ is not None and not exception.__suppress_context__:
        described["context"] = _exception_object(exception.__context__, summary.__context__, depth + 1)
    if summary.exceptions is not None:
        pairs = list(zip(exception.exceptions, summary.exceptions))
        described["exceptions"] = [_exception_object(*pair, depth + 1) for pair in pairs[:_MAX_GROUP]]
        if len(pairs) > _MAX_GROUP:
            described["exceptions_omitted"] = len(pairs) - _MAX_GROUP
    return described


def _object_text(exception, summary, hint):
    try:
        described = _exception_object(exception, summary, 0)
        if hint:
            described["hint"] = hint
        text = _dumps(described).encode("utf-8", "replace").decode()  # lone surrogates are "?"
        return text if len(text) <= _MAX_TEXT else ""
    except Exception:  # a guest's class that answers oddly
        return ""


def _brief_object(kind, message, frames):
    described = []
    for frame in frames:
        if isinstance(frame, int):
            described.append({"omitted": frame})
        else:
            described.append({"file": frame[0], "line": frame[1], "function": frame[2], "user": _is_users(frame[0])})
    module, _, name = kind.rpartition(".")
    return _dumps({"type": name, "module": module or "builtins", "message": message, "frames": described})


def describe_exception(exception, line, frames):
    """line: where it was raised in the program. frames: None, or what a brief description shows.

    The payload of the reply: type, message, traceback, line, the program's own traceback, object, hint.
    """
    if isinstance(exception, SyntaxError) and isinstance(exception.lineno, int):
        line = exception.lineno
    number = str(line if 0 <= line < 2**31 else 0)
    kind = _qualified_name(type(exception))
    if frames is not None:
        message = _brief_message(exception)
        text = shorten(_brief_traceback(frames) + kind + (f": {message}\n" if message else "\n"))
        return pack(kind, message, text, number, text, _brief_object(kind, message, frames), "")
    hook = sys.excepthook
    hooked = None
    if hook is not sys.__excepthook__ and callable(hook):
        hooked = _hooked_text(exception, hook)
    summary = _TracebackException.from_exception(exception, compact=True)
    for one in _chain(summary):
        one.stack = _Stack(one.stack)
    full = "".join(summary.format()) if hooked is None else None
    message = safe(str, exception)
    hint = _pybox_hints.hint(exception)
    described = _object_text(exception, summary, hint)
    text = full if hooked is None else hooked
    return pack(kind, message, shorten(text), number, shorten(_users_text(summary, full)), described, hint)


def show_unraisable(unraisable):
    """As the interpreter's own hook, which looks for source lines in files and so finds none here."""
    where = ""
    if unraisable.object is not None:
        where = unraisable.err_msg or "Exception ignored in"
        where += f": {safe(repr, unraisable.object)}\n"
    elif unraisable.err_msg is not None:
        where = unraisable.err_msg + ":\n"
    error = unraisable.exc_value
    lines = traceback.format_exception(unraisable.exc_type, error, unraisable.exc_traceback)
    sys.stderr.write(where + "".join(lines))
