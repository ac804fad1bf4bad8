"""The files of a sandbox, from the host: of its tree in memory, and of what is mounted there.

Paths are absolute, or relative to /work. They are the guest's names: none leads out of its tree. What is not there
raises errors.MissingError, a path that cannot be used errors.PathError; while the sandbox runs all of it raises
BusyError. """

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, List, NamedTuple, Optional, Union

from . import _native
from .mounts import HostPath, bytes_of
from .suggest import unknown
from .units import Amount, count, size

if TYPE_CHECKING:
    from .sandbox import Sandbox

_TYPES = {
    _native.FILE_REGULAR: "file",
    _native.FILE_DIRECTORY: "folder",
    _native.FILE_LINK: "link",
    _native.FILE_OTHER: "other",
}
_SINCE = {
    "run": _native.SINCE_RUN,
    "checkpoint": _native.SINCE_CHECKPOINT,
    "image": _native.SINCE_IMAGE,
    "host": _native.SINCE_HOST,
}
_CHANGES = {_native.CREATED: "created", _native.MODIFIED: "modified", _native.REMOVED: "removed"}


class File(NamedTuple):
    """A file as a listing has it."""

    path: str
    type: str
    """"file", "folder", "link" or "other"."""
    bytes: int
    modified: datetime
    writable: bool


class Change(NamedTuple):
    """What became of a file."""

    kind: str
    """"created", "modified" or "removed"."""
    path: str
    file: Optional[File]
    """As it is now; None if it was removed."""


class Copied(NamedTuple):
    """What was copied."""

    files: int
    folders: int
    links: int
    bytes: int
    skipped: int
    """Devices, pipes, and links that would lead out of the copy."""


def _file(info: _native.FileInfo) -> File:
    modified = datetime.fromtimestamp(info.modified_ns / 1e9, timezone.utc)
    return File(info.path, _TYPES[info.type], info.bytes, modified, info.writable)


class Files:
    """Sandbox.files."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def read(self, path: str, *, most: int = 0) -> bytes:
        """The content of a file. `most`: LimitError if it is longer."""
        return self._sandbox.native.file_read(path, most)

    def read_text(self, path: str, encoding: str = "utf-8") -> str:
        return self.read(path).decode(encoding)

    def write(self, path: str, content: Union[bytes, str]) -> None:
        """Makes or replaces a file, and the folders that it is in. Texts are written as UTF-8."""
        self._sandbox.native.file_write(path, bytes_of(content))
        self._sandbox.changed()

    def list(self, path: str = "/work") -> List[File]:
        """What is in a folder."""
        return [_file(info) for info in self._sandbox.native.file_list(_folder_pattern(path))]

    def glob(self, pattern: str) -> List[File]:
        """The files that a pattern names: `*`, `?`, `[...]`, and `**` for any folders."""
        return [_file(info) for info in self._sandbox.native.file_list(pattern)]

    def stat(self, path: str) -> File:
        return _file(self._sandbox.native.file_stat(path))

    def exists(self, path: str) -> bool:
        try:
            self._sandbox.native.file_stat(path)
        except _native.MissingError:
            return False
        return True

    def make_folder(self, path: str) -> None:
        """With the folders that it is in."""
        self._sandbox.native.file_make_folder(path)
        self._sandbox.changed()

    def delete(self, path: str, *, recursive: bool = False) -> None:
        """A file or an empty folder; `recursive`: a folder with all that is in it."""
        self._sandbox.native.file_remove(path, recursive)
        self._sandbox.changed()

    def changes(self, path: Optional[str] = None, *, since: str = "run") -> List[Change]:
        """What was created, modified or removed since the last "run" began, the last "checkpoint", the "image" that the
        sandbox began with, or (of overlays) against the "host": all, or what is at a path and below it."""
        return [Change(_CHANGES[kind], info.path, None if kind == _native.REMOVED else _file(info))
                for kind, info in self._sandbox.native.file_changes(path, _since(since))]

    def upload(self, host_path: HostPath, path: str) -> Copied:
        """Copies a file or folder of the host's into the sandbox, against its quota: all of it or, on a failure,
        nothing."""
        copied = _copied(self._sandbox.native.file_import(host_path, path))
        self._sandbox.changed()
        return copied

    def download(
        self,
        path: str,
        host_path: HostPath,
        *,
        replace: bool = False,
        changes_since: Optional[str] = None,
        max_bytes: Optional[Amount] = None,
        max_files: Optional[Amount] = None,
    ) -> Copied:
        """Copies a file, or what is in a folder, to the host. Files that are there are an error, or replaced; links are
        not followed. With `changes_since` only what was created or modified since then."""
        return _copied(self._sandbox.native.file_export(
            path, host_path, replace=replace, only_changes=changes_since is not None,
            since=_since(changes_since or "run"),
            max_bytes=0 if max_bytes is None else size(max_bytes, "max_bytes"),
            max_files=0 if max_files is None else count(max_files, "max_files")))


def _since(name: str) -> int:
    if name not in _SINCE:
        raise ValueError(unknown("beginning", name, _SINCE))
    return _SINCE[name]


def _copied(copied: _native.Copied) -> Copied:
    return Copied(copied.files, copied.folders, copied.links, copied.bytes, copied.skipped)


def _folder_pattern(path: str) -> str:
    """What is in the folder `path`: a path with the letters of patterns in its name means itself."""
    if not any(letter in path for letter in "*?["):
        return path
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path).rstrip("/") + "/*"
