"""What of the host's files a box shows, and where.

    Mount.host("./data", "/data")                    # read-only
    Mount.host("./out", "/out", read_only=False)     # what the guest writes is written to the host
    Mount.overlay("./project", "/project")           # it may write: changes stay in the box, the folder as it is
    Mount.memory("/scratch")
    Mount.content(b"...", "/etc/config.json")
    Mount.archive("corpus.zip", "/corpus")

In the place of a list of mounts there may be a mapping {guest path: host path}: read-only host mounts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Optional, Union

from . import _native
from .suggest import unknown

HostPath = Union[str, "os.PathLike[str]"]

KINDS = {
    "host": _native.MOUNT_HOST,
    "overlay": _native.MOUNT_OVERLAY,
    "memory": _native.MOUNT_MEMORY,
    "bytes": _native.MOUNT_BYTES,
    "archive": _native.MOUNT_ARCHIVE,
}


@dataclass(frozen=True)
class Mount:
    """One mount. The class methods make the kinds."""

    guest: str
    """An absolute path in the box."""
    source: Union[str, bytes, None]
    """The path in the host; the content, for bytes; None for memory."""
    kind: str = "host"
    read_only: bool = True

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(unknown("kind of mount", self.kind, KINDS))
        if not self.guest.startswith("/"):
            raise ValueError(f"the mount point {self.guest!r} is no absolute path")

    @classmethod
    def host(cls, host: HostPath, guest: str, *, read_only: bool = True) -> Mount:
        """A folder or file of the host. A folder that is mounted writable has no quota."""
        return cls(guest, os.fspath(host), "host", read_only)

    @classmethod
    def overlay(cls, host: HostPath, guest: str) -> Mount:
        """A folder of the host that is never written: changes stay in the box, and are part of its state."""
        return cls(guest, os.fspath(host), "overlay", False)

    @classmethod
    def memory(cls, guest: str) -> Mount:
        """An empty writable folder in memory."""
        return cls(guest, None, "memory", False)

    @classmethod
    def content(cls, content: Union[bytes, str], guest: str) -> Mount:
        """One read-only file with this content."""
        return cls(guest, bytes_of(content), "bytes", True)

    @classmethod
    def archive(cls, host: HostPath, guest: str) -> Mount:
        """What is in a stored ZIP file, read-only."""
        return cls(guest, os.fspath(host), "archive", True)

    @property
    def native(self) -> _native.Mount:
        return self.guest, KINDS[self.kind], self.source, self.read_only


def bytes_of(content: Union[bytes, bytearray, memoryview, str]) -> bytes:
    """The content of a file; texts are written as UTF-8."""
    if isinstance(content, str):
        return content.encode()
    if not isinstance(content, (bytes, bytearray, memoryview)):
        raise TypeError(f"the content of a file cannot be {content!r:.100}; expected a text or bytes")
    return bytes(content)


MountsLike = Union[Mapping[str, HostPath], Iterable[Mount], None]


def mounts_of(value: MountsLike) -> tuple[Mount, ...]:
    """A list of mounts, or a mapping {guest path: host path}."""
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return tuple(Mount.host(host, guest) for guest, host in value.items())
    mounts = tuple(value)
    for mount in mounts:
        if not isinstance(mount, Mount):
            raise TypeError(f"a mount cannot be {mount!r}; expected a Mount, or a mapping {{guest path: host path}}")
    return mounts


_KEYS = ("guest", "host", "kind", "read_only", "content")


def mount_of_table(table: Mapping[str, Any], folder: str) -> Mount:
    """A mount as a policy file has it. Host paths are relative to the file's folder."""
    for key in table:
        if key not in _KEYS:
            raise ValueError(unknown("key of a mount", key, _KEYS))
    guest: Optional[object] = table.get("guest")
    if not isinstance(guest, str):
        raise ValueError(f"a mount needs guest = \"/path\", not {guest!r}")
    kind = table.get("kind", "bytes" if "content" in table else "host")
    if kind not in KINDS:
        raise ValueError(unknown("kind of mount", kind, KINDS))
    needed = {"memory": None, "bytes": "content"}.get(kind, "host")
    for key in ("host", "content"):
        if key in table and key != needed:
            raise ValueError(f"the mount of {guest} is of the kind {kind!r}, which has no {key!r}")
    read_only = table.get("read_only", kind in ("host", "archive", "bytes"))
    if not isinstance(read_only, bool):
        raise ValueError(f"read_only of the mount of {guest} cannot be {read_only!r}; expected true or false")
    if needed is None:
        return Mount.memory(guest)
    host = table.get(needed)
    if not isinstance(host, str):
        raise ValueError(f"the mount of {guest} needs {needed} = \"...\", not {host!r}")
    if needed == "content":
        return Mount.content(host, guest)
    path = os.path.join(folder, os.path.expanduser(host))
    return Mount(guest, path, kind, read_only)
