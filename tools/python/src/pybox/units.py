"""Sizes, counts and times as people write them: 64M, 250ms, 10k. As the options of the command read them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Union

from . import _native

Amount = Union[int, str]
"""A count or a size: a number, a text with a unit ("64M", "10k"), or "unlimited"."""

Duration = Union[float, str, timedelta]
"""A time: seconds, a text with a unit ("250ms", "2s", "1.5h"), a timedelta, or "unlimited"."""

SIZES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
COUNTS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
TIMES = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}

_NUMBER = re.compile(r"([0-9]+)(?:\.([0-9]+))? *([A-Za-z]*)\Z")
_UNLIMITED = ("unlimited", "none")


def _scaled(text: str, factors: dict[str, int], unit: str) -> int:
    match = _NUMBER.match(text.strip())
    if match is None or unit not in factors:
        raise ValueError(text)
    whole, fraction, _ = match.groups()
    factor = factors[unit]
    number = int(whole) * factor
    if fraction:
        number += int(fraction) * factor // 10 ** len(fraction)
    return number


def _unit(text: str) -> str:
    match = _NUMBER.match(text.strip())
    return match.group(3) if match else "?"


def size(value: Amount, what: str = "a size") -> int:
    """Bytes: 67108864, "64M", "64MiB", "1.5G"."""
    if isinstance(value, str) and value not in _UNLIMITED:
        unit = re.sub(r"i?b$", "", _unit(value), flags=re.IGNORECASE).upper()
        try:
            return _checked(_scaled(value, SIZES, unit), value, what)
        except ValueError:
            raise ValueError(f"{what} cannot be {value!r}; expected a size such as 64M or 1.5G") from None
    return _plain(value, what, "a size such as 64M or 1.5G")


def count(value: Amount, what: str = "a count") -> int:
    """A count: 1000, "250k", "1.5G"."""
    if isinstance(value, str) and value not in _UNLIMITED:
        try:
            return _checked(_scaled(value, COUNTS, _unit(value).upper()), value, what)
        except ValueError:
            raise ValueError(f"{what} cannot be {value!r}; expected a count such as 1000, 250k or 1.5G") from None
    return _plain(value, what, "a count such as 1000, 250k or 1.5G")


def nanoseconds(value: Duration, what: str = "a time") -> int:
    """Nanoseconds of 0.25 (seconds), "250ms", "2s", or a timedelta."""
    expected = "seconds, or a time such as 250ms, 2s or 1.5h"
    if isinstance(value, timedelta):
        microseconds = (value.days * 86400 + value.seconds) * 10**6 + value.microseconds
        return _checked(microseconds * 1000, value, what)
    if isinstance(value, str) and value not in _UNLIMITED:
        try:
            return _checked(_scaled(value, TIMES, _unit(value)), value, what)
        except ValueError:
            raise ValueError(f"{what} cannot be {value!r}; expected {expected}") from None
    if isinstance(value, float) and value == value and abs(value) != float("inf"):
        return _checked(round(value * 1e9), value, what)
    if isinstance(value, int) and not isinstance(value, bool):
        return _checked(value * 10**9, value, what)
    return _plain(value, what, expected)


def _checked(number: int, value: object, what: str) -> int:
    if number <= 0 or number >= _native.UNLIMITED:
        raise ValueError(f"{what} cannot be {value!r}; expected more than 0, and less than 2^64 - 1")
    return number


def _plain(value: object, what: str, expected: str) -> int:
    if isinstance(value, str) and value in _UNLIMITED:
        return _native.UNLIMITED
    if isinstance(value, int) and not isinstance(value, bool):
        if value == _native.UNLIMITED:
            return value
        return _checked(value, value, what)
    raise (ValueError if isinstance(value, float) else TypeError)(f"{what} cannot be {value!r}; expected {expected}")


def spell_size(number: int) -> str:
    """The shortest way to write a size exactly: "64M"."""
    return _spell(number, SIZES)


def spell_count(number: int) -> str:
    """The shortest way to write a count exactly: "10M"."""
    return _spell(number, COUNTS)


def spell_time(number: int) -> str:
    """The shortest way to write a time exactly: "250ms"."""
    return _spell(number, {unit: factor for unit, factor in TIMES.items() if unit not in ("m", "h", "d")})


def _spell(number: int, factors: dict[str, int]) -> str:
    if number == _native.UNLIMITED:
        return "unlimited"
    for unit, factor in reversed(list(factors.items())):
        if number >= factor and number % factor == 0:
            return f"{number // factor}{unit}"
    return str(number)
