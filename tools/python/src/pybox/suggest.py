"""Refuses names that are not known, and says which one was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """The valid name that looks most like `name`, or None if none does."""
    names = sorted(valid)
    found = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if found:
        return found[0]
    parts = [candidate for candidate in names if name and (name in candidate or candidate in name)]
    return parts[0] if parts else None


def unknown(what: str, name: object, valid: Iterable[str]) -> str:
    """The message about an unknown name: `unknown limit 'memry'; did you mean 'memory'?`"""
    names = sorted(valid)
    found = nearest(name, names) if isinstance(name, str) else None
    hint = f"did you mean {found!r}?" if found else f"there are: {', '.join(names) or 'none'}"
    return f"unknown {what} {name!r}; {hint}"
