"""The state of a sandbox, as a file or in memory: variables, modules, files, open files, and what a run waits for."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Optional

from . import _native
from .mounts import HostPath
from .units import Amount, size

if TYPE_CHECKING:
    from .box import PyBox

FORMS = {"compressed": _native.FORM_COMPRESSED, "mapped": _native.FORM_MAPPED}


@dataclass(frozen=True)
class SnapshotInfo:
    """What a snapshot file says of itself."""

    digest: str
    """Names the content."""
    parent: str
    """Of a delta: the digest of what it was made from; else ""."""
    module_hash: str
    form: str
    file_bytes: int
    memory_bytes: int
    created: Optional[datetime]
    metadata: Mapping[str, Any]


class Snapshot:
    """A state that sandboxes begin with: Sandbox(snapshot=...). Any number of sandboxes share its memory.

    Sandbox.snapshot() makes one in memory, Snapshot.open() reads one that Sandbox.save() wrote.
    """

    def __init__(self, native: _native.Image, path: Optional[str] = None) -> None:
        self.native = native
        self.path = path

    @classmethod
    def open(
        cls,
        path: HostPath,
        *,
        folders: Optional[Sequence[HostPath]] = None,
        trusted: bool = False,
        memory: Optional[Amount] = None,
        files_limit: Optional[Amount] = None,
    ) -> Snapshot:
        """Reads a snapshot file, all of which is checked.

        A delta's parents are looked for in `folders` (default: its own folder). `trusted`: nobody will change the file
        while it is open, so it need not be copied. One with more memory or files than allowed is refused.
        """
        image = _native.Image(
            _native.default_module(), path, folders=folders, trusted=trusted,
            memory_bytes=size(memory, "memory") if memory is not None else 0,
            files_bytes=size(files_limit, "files_limit") if files_limit is not None else 0)
        return cls(image, os.fspath(path))

    @classmethod
    def base(cls) -> Snapshot:
        """What new sandboxes begin with: Python, just started."""
        return cls(_native.default_image())

    @property
    def digest(self) -> str:
        """Names the content: equal states have the same."""
        return self.native.digest

    def save(
        self, path: HostPath, *, form: str = "compressed", level: int = 0, metadata: Optional[Mapping[str, Any]] = None
    ) -> None:
        """Writes it to a file."""
        box = _native.Box(image=self.native)
        try:
            box.save(path, form=FORMS[form], level=level, metadata=json.dumps(dict(metadata or {})))
        finally:
            box.close()

    @staticmethod
    def describe(path: HostPath) -> SnapshotInfo:
        """What a file says of itself; it need not fit this version's module."""
        fields: dict[str, Any] = dict(_native.snapshot_describe(path))
        created = fields.get("created_ns", 0)
        return SnapshotInfo(
            digest=fields["digest"], parent=fields["parent"], module_hash=fields["module_hash"],
            form="mapped" if fields["form"] == _native.FORM_MAPPED else "compressed", file_bytes=fields["file_bytes"],
            memory_bytes=fields["memory_bytes"],
            created=datetime.fromtimestamp(created / 1e9, timezone.utc) if created else None,
            metadata=json.loads(fields["metadata"]))

    @staticmethod
    def verify(path: HostPath) -> None:
        """Reads all of a file and checks every checksum. SnapshotError: what is wrong."""
        _native.snapshot_verify(path)

    @staticmethod
    def merge(path: HostPath, output: HostPath, *, folders: Optional[Sequence[HostPath]] = None) -> None:
        """Writes a delta and its parents as one file that needs no other."""
        _native.snapshot_merge(_native.default_module(), path, output, folders=folders)

    def __reduce__(self) -> Any:
        raise TypeError("a snapshot cannot be pickled; save() writes it to a file that Snapshot.open() reads")

    def __repr__(self) -> str:
        return f"<Snapshot {self.digest[:12]}{f' {self.path}' if self.path else ''}>"


class PyBoxSnapshot:
    """The familiar interface (pybox.box): the state of a PyBox, to return to.

        snapshot = PyBoxSnapshot(box)
        snapshot.restore(box)
    """

    def __init__(self, box: PyBox) -> None:
        self._snapshot = box.sandbox.snapshot()

    def restore(self, box: PyBox) -> None:
        """Returns the box to the state that it, or another one, had."""
        box.sandbox.restore(self._snapshot)
