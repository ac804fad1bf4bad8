"""All that a sandbox may do, in one object, or in a file.

    # policy.toml
    preset = "strict"                      # or "normal", "permissive"
    packages = ["wheels/attrs-25.3.0-py3-none-any.whl"]
    tools = ["search", "myproject.tools:fetch"]

    [limits]
    timeout = "2s"
    memory = "64M"

    [[mounts]]
    host = "data"                          # relative to this file
    guest = "/data"

    sandbox = Sandbox(Policy.load("policy.toml"), tools=[search])

A key that is not known is refused, and the message names the nearest one.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional, Union

from . import _native
from .limits import LIMIT_NAMES, Limits, LimitsLike
from .mounts import HostPath, Mount, MountsLike, mount_of_table, mounts_of
from .suggest import unknown
from .tools import AnyTool, Tool, ToolLike, Toolset

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:  # which needs no package at run time
    from typing_extensions import TypedDict

    class PolicyOptions(TypedDict, total=False):
        """The fields of a policy as keywords. None: as the policy says."""

        limits: LimitsLike
        preset: Optional[str]
        mounts: MountsLike
        packages: Optional[Iterable[PackageLike]]
        environment: Optional[Mapping[str, str]]
        arguments: Optional[Iterable[str]]
        directory: Optional[str]
        input: Optional[bytes]
        seed: Optional[int]
        clock: Optional[int]
        rollback: Optional[str]

ROLLBACKS = {
    "never": _native.ROLLBACK_NEVER,
    "stopped": _native.ROLLBACK_STOPPED,
    "run": _native.ROLLBACK_RUN,
    "always": _native.ROLLBACK_ALWAYS,
}
PRESETS = ("normal", "strict", "permissive")

PackageLike = Union[HostPath, "_native.Package"]


class PolicyError(ValueError):
    """A policy that cannot be used: the message says what is wrong where."""

    __module__ = "pybox"


@dataclass(frozen=True)
class Policy:
    """What a sandbox may do. Sandbox() takes the same as keywords, which go before the policy's."""

    preset: str = "normal"
    """Where limits come from that are not given, and which mounts are allowed: "strict" has none that can write."""
    limits: Limits = Limits()
    mounts: tuple[Mount, ...] = ()
    packages: tuple[PackageLike, ...] = ()
    """Wheels and folders of pure Python that the guest can import."""
    tools: Optional[tuple[str, ...]] = None
    """Names of tools that the guest may have of those that the program offers, and "module:name" of others; None: all
    that the program offers."""
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    arguments: Optional[tuple[str, ...]] = None
    """sys.argv."""
    directory: Optional[str] = None
    """The working directory; /work."""
    input: Optional[bytes] = None
    """What the guest reads from standard input."""
    seed: Optional[int] = None
    """Fixes every random source; None: fresh numbers."""
    clock: Optional[int] = None
    """Fixes the clocks: nanoseconds since 1970; None: the real ones."""
    rollback: str = "run"
    """What becomes of the state after a run: "run" undoes a run that was stopped, and only that; "stopped" also all
    since the last checkpoint; "always" undoes every run; "never" nothing, so that a run that was cut leaves the sandbox
    dirty."""

    def __post_init__(self) -> None:
        for name, value in (("limits", Limits.of(self.limits) or Limits()), ("mounts", mounts_of(self.mounts)),
                            ("packages", _tuple("packages", self.packages)), ("tools", _tuple("tools", self.tools)),
                            ("arguments", _tuple("arguments", self.arguments))):
            object.__setattr__(self, name, value)
        for tool in self.tools or ():
            if not isinstance(tool, str):
                raise PolicyError(f"a policy has names of tools, and {tool!r:.100} is none; give tools to the sandbox")
        if self.preset not in PRESETS:
            raise PolicyError(unknown("preset", self.preset, PRESETS))
        if self.rollback not in ROLLBACKS:
            raise PolicyError(unknown("rollback", self.rollback, ROLLBACKS))

    @classmethod
    def load(cls, path: HostPath) -> Policy:
        """Reads a policy from a TOML file. PolicyError: what is wrong in it."""
        with open(path, "rb") as file:
            try:
                table = tomllib.load(file)
            except tomllib.TOMLDecodeError as error:
                raise PolicyError(f"{os.fspath(path)}: {error}") from error
        try:
            return cls.of_table(table, os.path.dirname(os.path.abspath(path)))
        except (TypeError, ValueError) as error:
            raise PolicyError(f"{os.fspath(path)}: {error}") from error

    @classmethod
    def of_table(cls, table: Mapping[str, Any], folder: str = ".") -> Policy:
        """A policy from a mapping as a file has it. Paths are relative to `folder`."""
        options: dict[str, Any] = {}
        for key, value in table.items():
            reader = _READERS.get(key)
            if reader is None:
                raise PolicyError(unknown("key", key, _READERS))
            options[key] = reader(key, value, folder)
        return cls(**options)

    @classmethod
    def of(cls, policy: Optional[Policy], options: PolicyOptions) -> Policy:
        """A policy (None: the usual one) with keywords as Sandbox has them, which go before it."""
        if policy is not None and not isinstance(policy, Policy):
            raise TypeError(f"a policy cannot be {policy!r:.100}; expected a Policy, or keywords such as limits=")
        fields = [each.name for each in dataclasses.fields(cls) if each.name != "tools"]
        for name, value in options.items():
            if name in LIMIT_NAMES:
                raise TypeError(f"{name!r} is a limit; expected limits={{{name!r}: {value!r}}}")
            if name not in fields:
                raise TypeError(unknown("keyword", name, fields))
        return (policy or NORMAL).replace(**options)

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}

    def replace(self, **changes: Any) -> Policy:
        """The same with some fields changed. Those that are None stay."""
        given = {name: value for name, value in changes.items() if value is not None}
        return dataclasses.replace(self, **given) if given else self

    @functools.cached_property
    def full_limits(self) -> Limits:
        """The limits, with those of the preset where it gives none."""
        return self.limits if self.preset == "normal" else self.limits.over(Limits.preset(self.preset))

    def choose(self, offered: Iterable[ToolLike]) -> Toolset:
        """The tools that the guest gets of those that the program offers."""
        tools = Toolset(offered)
        if self.tools is None:
            return tools
        by_name = {each.name: each for each in tools} | {each.full_name: each for each in tools}
        chosen = []
        for name in self.tools:
            if ":" in name:
                chosen.append(_import(name))
            elif name in by_name:
                chosen.append(by_name[name])
            else:
                raise PolicyError(unknown("tool", name, by_name))
        return Toolset(chosen)

    @functools.cached_property
    def native_options(self) -> dict[str, Any]:
        """What the extension takes for a box, but for its callbacks and functions. Packages are opened once."""
        return {
            "arguments": self.arguments,
            "environment": [f"{name}={value}" for name, value in self.environment.items()] or None,
            "mounts": [mount.native for mount in self.mounts] or None,
            "packages": [_open_package(package) for package in self.packages] or None,
            "directory": self.directory,
            "input": self.input,
            "limits": self.limits.native,
            "preset": 0 if self.preset == "normal" else _native.preset_find(self.preset),
            "seed": self.seed,
            "clock_ns": self.clock,
            "rollback": ROLLBACKS[self.rollback],
        }


def _tuple(name: str, value: Optional[Iterable[Any]]) -> Optional[tuple[Any, ...]]:
    if isinstance(value, (str, bytes)):
        raise PolicyError(f"{name} cannot be {value!r:.100}; expected a list of them")
    return None if value is None else tuple(value)


NORMAL = Policy()


def _open_package(package: PackageLike) -> _native.Package:
    return _native.Package(package) if isinstance(package, (str, os.PathLike)) else package


def _import(name: str) -> AnyTool:
    """The tool that "module:name" names."""
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise PolicyError(f"the tool {name!r} cannot be imported: {error}") from error
    return found if isinstance(found, Tool) else Tool(found)


# ------------------------------------------------------------------------------------------
# The keys of a file


def _wrong(key: str, value: object, expected: str) -> PolicyError:
    return PolicyError(f"{key} cannot be {value!r}; expected {expected}")


def _text(key: str, value: Any, folder: str) -> str:
    if not isinstance(value, str):
        raise _wrong(key, value, "a text")
    return value


def _bytes(key: str, value: Any, folder: str) -> bytes:
    return _text(key, value, folder).encode()


def _number(key: str, value: Any, folder: str) -> int:
    if type(value) is not int:
        raise _wrong(key, value, "a number")
    return value


def _texts(key: str, value: Any, folder: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _wrong(key, value, "a list of texts")
    return tuple(value)


def _table(key: str, value: Any, folder: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(key, value, f"a table: [{key}]")
    return value


def _limits(key: str, value: Any, folder: str) -> Limits:
    limits = Limits.of(_table(key, value, folder))
    return limits or Limits()


def _environment(key: str, value: Any, folder: str) -> Mapping[str, str]:
    table = _table(key, value, folder)
    return {name: _text(f"{key}.{name}", text, folder) for name, text in table.items()}


def _packages(key: str, value: Any, folder: str) -> tuple[str, ...]:
    return tuple(os.path.join(folder, os.path.expanduser(path)) for path in _texts(key, value, folder))


def _mounts(key: str, value: Any, folder: str) -> tuple[Mount, ...]:
    if not isinstance(value, Sequence) or not all(isinstance(each, Mapping) for each in value):
        raise _wrong(key, value, "tables: [[mounts]]")
    return tuple(mount_of_table(each, folder) for each in value)


_READERS: dict[str, Any] = {
    "preset": _text,
    "limits": _limits,
    "mounts": _mounts,
    "packages": _packages,
    "tools": _texts,
    "environment": _environment,
    "arguments": _texts,
    "directory": _text,
    "input": _bytes,
    "seed": _number,
    "clock": _number,
    "rollback": _text,
}
