"""What guests display, and how notebooks show it."""

from __future__ import annotations

import base64
import html
from typing import Any, NamedTuple


class Display(NamedTuple):
    """One form of a value that the guest displayed. All of it is the guest's word."""

    number: int
    """Forms with the same number are of the same value."""
    mime: str
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")


_BEST = ("text/html", "image/svg+xml", "image/png", "image/jpeg", "image/gif", "text/markdown", "text/latex")


def _best(forms: list[Display]) -> Display:
    for mime in _BEST:
        for form in forms:
            if form.mime == mime:
                return form
    return forms[0]


def _pre(text: str, style: str = "") -> str:
    return f'<pre style="{style}">{html.escape(text)}</pre>' if text else ""


def _html_of(form: Display) -> str:
    """A guest's HTML is hostile: it is shown in a frame in which nothing of it runs."""
    if form.mime in ("text/html", "image/svg+xml"):
        page = html.escape(form.text, quote=True)
        return f'<iframe sandbox="" style="border: 0; width: 100%; min-height: 20em" srcdoc="{page}"></iframe>'
    if form.mime in ("image/png", "image/jpeg", "image/gif"):
        return f'<img src="data:{form.mime};base64,{base64.b64encode(form.data).decode()}">'
    return _pre(form.text)


def mime_bundle(
    output: str, errors: str, displays: list[Display], value: str, error: str, summary: str
) -> dict[str, Any]:
    """What a notebook shows of a run: text/plain always, text/html if something was displayed."""
    parts = [output.rstrip("\n"), errors.rstrip("\n"), value, error.rstrip("\n")]
    bundle: dict[str, Any] = {"text/plain": "\n".join(filter(None, parts)) or summary}
    if displays:
        values: dict[int, list[Display]] = {}
        for form in displays:
            values.setdefault(form.number, []).append(form)
        shown = [_html_of(_best(forms)) for forms in values.values()]
        red = "color: #b00"
        bundle["text/html"] = "\n".join(filter(None, [_pre(output), _pre(errors, red), *shown, _pre(error, red)]))
    return bundle
