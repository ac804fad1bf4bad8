"""Values in rich forms, on their way to the host: pybox.display(), and what the display hook adds to a repr.

The methods are those that notebooks know: _repr_mimebundle_(), _repr_html_() and so on.
"""

import json
import sys

_METHODS = (
    ("text/html", "_repr_html_"),
    ("text/markdown", "_repr_markdown_"),
    ("image/svg+xml", "_repr_svg_"),
    ("image/png", "_repr_png_"),
    ("image/jpeg", "_repr_jpeg_"),
    ("application/pdf", "_repr_pdf_"),
    ("text/latex", "_repr_latex_"),
    ("application/json", "_repr_json_"),
)
_dumps = json.dumps
_plain_hook = sys.__displayhook__

_send = None  # guest_display.c
_number = 0  # of the last value


def _encode(mime, data):
    if isinstance(data, str):
        return data.encode("utf-8", "replace")
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data)
    if mime.endswith("json"):
        return _dumps(data).encode()
    raise TypeError(f"a form of type {mime!r} is str or bytes, not {type(data).__name__}")


def _rich_forms(value):
    """The forms that the value's class knows, without text/plain; [] if it knows none."""
    kind = type(value)
    forms = []
    if hasattr(kind, "_repr_mimebundle_"):
        bundle = value._repr_mimebundle_()
        if isinstance(bundle, tuple):  # with metadata
            bundle = bundle[0]
        forms = list((bundle or {}).items())
    known = {mime for mime, _ in forms}
    for mime, method in _METHODS:
        if mime not in known and hasattr(kind, method):
            data = getattr(value, method)()
            if isinstance(data, tuple):
                data = data[0]
            if data is not None:
                forms.append((mime, data))
    return [(mime, _encode(mime, data)) for mime, data in forms if mime != "text/plain"]


def _show(forms):
    global _number
    _number += 1
    for mime, data in forms:
        _send(_number & 0xFFFFFFFF, mime, data)


def display(*values, mime=None):
    """Show values to the host: each in all the forms that its class knows, and as text.

    With a MIME type the values are such data already: display("<b>42</b>", mime="text/html"),
    display(png_bytes, mime="image/png"). What becomes of them is the host's to say.
    """
    for value in values:
        if mime is not None:
            _show([(mime, _encode(mime, value))])
        else:
            _show([*_rich_forms(value), ("text/plain", repr(value).encode("utf-8", "replace"))])


def show_rich(value):
    """The value of a run: it is shown if its class knows more than a repr."""
    forms = _rich_forms(value)
    if forms:
        _show(forms)


def displayhook(value):
    """As the interpreter's own, but values with rich forms are also shown to the host."""
    if value is not None:
        show_rich(value)
    _plain_hook(value)
