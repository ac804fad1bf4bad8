"""What a box, and each run in it, may use.

The names are those of the command's options and of policy files. A field that is None has the default of the preset;
"unlimited" means none, where that is allowed.

    Limits(fuel="10M", timeout="250ms", memory="64M")
    Limits(timeout=2)                                 # seconds

Which limits there are, their defaults, and what happens at each: the README's section "Limits".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional, Union

from . import _native
from .suggest import unknown
from .units import Amount, Duration, count, nanoseconds, size, spell_count, spell_size, spell_time

_Reader = Callable[[Any, str], int]
_Speller = Callable[[int], str]

# name: (field of pybox_limits, how it is read, how it is written)
_KINDS: dict[str, tuple[str, _Reader, _Speller]] = {
    "fuel": ("fuel", count, spell_count),
    "timeout": ("wall_ns", nanoseconds, spell_time),
    "cpu_time": ("cpu_ns", nanoseconds, spell_time),
    "grace_fuel": ("grace_fuel", count, spell_count),
    "grace": ("grace_ns", nanoseconds, spell_time),
    "output_limit": ("output_bytes", size, spell_size),
    "host_calls": ("host_calls", count, spell_count),
    "stack": ("stack_bytes", size, spell_size),
    "memory": ("memory_bytes", size, spell_size),
    "files_limit": ("files_bytes", size, spell_size),
    "files": ("files", count, spell_count),
    "open_files": ("open_files", count, spell_count),
    "recursion": ("recursion", count, spell_count),
    "name_bytes": ("name_bytes", size, spell_size),
    "folder_depth": ("folder_depth", count, spell_count),
}
LIMIT_NAMES = tuple(_KINDS)
_OF_BOXES = ("memory", "files_limit", "files", "open_files", "recursion", "name_bytes", "folder_depth")
NAMES_OF_FIELDS = {kind[0]: name for name, kind in _KINDS.items()}


@dataclass(frozen=True)
class Limits:
    """Limits of a box or a run. Those marked "box" are a sandbox's: run(limits=...) refuses them."""

    fuel: Optional[Amount] = None
    """What a run may execute: counted, not measured, so the same on any machine."""
    timeout: Optional[Duration] = None
    """How long a run may take, waiting included. Numbers are seconds."""
    cpu_time: Optional[Duration] = None
    """CPU time of a run."""
    grace_fuel: Optional[Amount] = None
    """Fuel for `finally` blocks once a run is being stopped."""
    grace: Optional[Duration] = None
    """The same as time."""
    output_limit: Optional[Amount] = None
    """What a run may write to both streams."""
    host_calls: Optional[Amount] = None
    """Calls out of the box: of the system, and of tools."""
    stack: Optional[Amount] = None
    """Native stack of a run."""
    memory: Optional[Amount] = None
    """Box: its memory."""
    files_limit: Optional[Amount] = None
    """Box: bytes that its files in memory may hold."""
    files: Optional[Amount] = None
    """Box: how many files and folders there may be."""
    open_files: Optional[Amount] = None
    """Box: how many may be open at a time."""
    recursion: Optional[Amount] = None
    """Box: Python's recursion limit."""
    name_bytes: Optional[Amount] = None
    """Box: length of a file's name."""
    folder_depth: Optional[Amount] = None
    """Box: how deep folders may be in each other."""
    native: _native.Limits = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "native", _native.Limits(**self._numbers()))

    def _numbers(self) -> dict[str, int]:
        numbers = {}
        for name, (native_field, read, _) in _KINDS.items():
            value = getattr(self, name)
            if value is not None:
                numbers[native_field] = read(value, f"the limit {name!r}")
        return numbers

    @classmethod
    def of(cls, value: Union[Limits, Mapping[str, Any], None]) -> Optional[Limits]:
        """Limits from Limits, from a mapping with their names, or None."""
        if value is None or isinstance(value, Limits):
            return value
        if not isinstance(value, Mapping):
            raise TypeError(f"limits cannot be {value!r}; expected Limits or a mapping")
        for name in value:
            if name not in _KINDS:
                raise ValueError(unknown("limit", name, LIMIT_NAMES))
        return cls(**value)

    @classmethod
    def preset(cls, name: str) -> Limits:
        """The limits of a preset: "strict", "normal" or "permissive"."""
        numbers = _native.preset_limits(_native.preset_find(name)).as_dict()
        return cls(**{NAMES_OF_FIELDS[key]: _KINDS[NAMES_OF_FIELDS[key]][2](value)
                      for key, value in numbers.items() if value})

    def replace(self, **changes: Union[Amount, Duration, None]) -> Limits:
        """The same limits with some changed."""
        for name in changes:
            if name not in _KINDS:
                raise ValueError(unknown("limit", name, LIMIT_NAMES))
        return Limits(**{**self.as_dict(), **changes})  # type: ignore[arg-type]

    @property
    def of_boxes(self) -> tuple[str, ...]:
        """The names of those that are set and that no run can have of its own."""
        return tuple(name for name in _OF_BOXES if getattr(self, name) is not None)

    def over(self, other: Optional[Limits]) -> Limits:
        """These limits, and those of `other` where these have none."""
        return self if other is None else other.replace(**self.as_dict())

    def as_dict(self) -> dict[str, Union[Amount, Duration]]:
        """Those that are set."""
        values = {each.name: getattr(self, each.name) for each in dataclasses.fields(self) if each.name in _KINDS}
        return {name: value for name, value in values.items() if value is not None}

    def __reduce__(self) -> tuple[Any, ...]:
        return Limits.of, (self.as_dict(),)

    def __repr__(self) -> str:
        return f"Limits({', '.join(f'{name}={value!r}' for name, value in self.as_dict().items())})"


LimitsLike = Union[Limits, Mapping[str, Any], None]
"""Wherever limits are wanted: Limits, a mapping with their names, or None."""


def native_limits(value: LimitsLike) -> Optional[_native.Limits]:
    """For the extension: what Limits, a mapping or None mean."""
    limits = Limits.of(value)
    return None if limits is None else limits.native
