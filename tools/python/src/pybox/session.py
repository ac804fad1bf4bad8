"""Sessions: sandboxes with a name, that go on in the next process.

    store = SessionStore("sessions")
    with store.open("ann") as session:
        session.run("visits = globals().get('visits', 0) + 1")
        session.files.write("notes.txt", "...")

All that there is in a session is kept: variables, modules, files, and what a run waits for. It is parked on disk after
each run (`auto_persist`), and when it is closed. A process that is killed loses what came after the last parking; of
two that go on with one session at a time the second is told so (BusyError), and changes nothing.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Iterable
from datetime import datetime, timezone
from types import TracebackType
from typing import TYPE_CHECKING, List, NamedTuple, Optional

from . import _native
from .database import Database
from .history import Entry, recall, remember
from .mounts import HostPath
from .namespace import Code
from .policy import Policy
from .result import Outcome, Result
from .sandbox import Sandbox
from .storage import MODULE, Storage
from .suggest import unknown
from .tools import AnyTool, ToolLike, Toolset
from .units import Amount, Duration, nanoseconds, size

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .policy import PolicyOptions

_DATABASE = "records.sqlite"
_NAME = re.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")  # as pybox_store's


class SessionInfo(NamedTuple):
    """A session that is parked."""

    id: str
    revision: int
    """Grows with each parking; 0: its file is damaged."""
    parked: datetime
    bytes: int
    """Of its own file."""


class Session(Sandbox):
    """A sandbox with a name. SessionStore.open() makes them.

    `files` is its workspace, `storage` what it keeps beside its state, `history()` what it was told to do.
    """

    keeps_runs = True

    def __init__(self, store: SessionStore, id: str, *, auto_persist: bool = True) -> None:
        self.id = id
        self.store = store
        self.auto_persist = auto_persist
        self.storage = Storage(store.database, id, store.storage_bytes)
        self._is_changed = False
        self.policy = store.policy
        self._begin(store.policy.choose(store.tools).plus(self.storage.tools()))
        image, self.revision = store.resume(id)
        self._box = self._make_box(image)

    @property
    def is_new(self) -> bool:
        """It was never parked."""
        return self.revision == 0

    def park(self) -> None:
        """Writes its state to the store. BusyError: another process has parked or removed it meanwhile."""
        self.revision = self.store.native.park(self.id, self.native, self.revision)
        self._is_changed = False

    def history(self, last: int = 100) -> list[Entry]:
        """The last runs, oldest first. What Ctrl-C or a cancellation ended is "interrupted"; its output is not kept."""
        return recall(self.store.database, self.id, last)

    def ran(self, code: Code, result: Result, context: Optional[str]) -> None:
        if self.native.running:
            return  # a run within a tool: it belongs to the one around it
        remember(self.store.database, self.id, code, context or "main", result.outcome, result.output,
                 str(result.error or ""), result.seconds)
        if result.cut or result.outcome.is_stopped:
            return  # it was undone
        if result.outcome is Outcome.PENDING and result.native.wait != _native.WAIT_HOST:
            return
        self.changed()

    def broke_off(self, code: Code, error: BaseException, seconds: float, context: Optional[str]) -> None:
        if self.native.running:
            return  # the run around it breaks off, too
        remember(self.store.database, self.id, code, context or "main", Outcome.INTERRUPTED, "", type(error).__name__,
                 seconds)

    def changed(self) -> None:
        self._is_changed = True
        if not self.auto_persist:
            return
        try:
            self.park()
        except _native.DirtyError:  # its program ended itself: it goes on with what was parked
            self._go_back()

    def _go_back(self) -> None:
        image, self.revision = self.store.resume(self.id)
        self._replace_box(image)
        self._is_changed = False

    def close(self) -> None:
        """Parks what has changed, and frees it, also if it cannot be parked."""
        try:
            if not self.closed and not self.running and self._is_changed:
                self.park()
        except _native.DirtyError:
            pass  # what was parked last stays
        finally:
            super().close()

    def discard(self) -> None:
        """Frees it without parking: what came after the last parking is lost."""
        super().close()

    def remove(self) -> None:
        """Forgets the session, with its storage and history."""
        self.discard()
        if self.id in self.store:
            self.store.remove(self.id)
        self.store.database.forget(self.id)  # also of one that was never parked

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        if isinstance(error, _native.BusyError) and not self.running:
            self.discard()  # it was told already that another process went on
        else:
            self.close()

    def __repr__(self) -> str:
        return f"<Session {self.id!r} revision {self.revision}{' closed' if self.closed else ''}>"


class SessionStore:
    """Sessions in a folder. Any number of threads and processes may use it."""

    def __init__(
        self,
        folder: HostPath,
        policy: Optional[Policy] = None,
        *,
        tools: Iterable[ToolLike] = (),
        storage_limit: Amount = "16M",
        **options: Unpack[PolicyOptions],
    ) -> None:
        """`policy`, keywords that go before it, as Sandbox has them, and `tools` are for all its
        sessions, `storage_limit` is what each may keep in its storage."""
        self.policy = Policy.of(policy, options)
        self.folder = os.path.abspath(folder)
        self.native = _native.Store(self.folder)
        self.database = Database(os.path.join(self.folder, _DATABASE))
        self.tools: tuple[AnyTool, ...] = tuple(Toolset(tools))
        self.storage_bytes = size(storage_limit, "storage_limit")
        for each in self.tools:
            if each.module == MODULE:
                raise ValueError(f"the tool {each.full_name!r} is in the module of the session's storage; name another")

    def open(self, id: Optional[str] = None, *, create: bool = True, auto_persist: bool = True) -> Session:
        """The session of that name; a new one if there is none, or no name is given. KeyError: there is none."""
        if id is None:
            id = uuid.uuid4().hex
        elif not isinstance(id, str) or not _NAME.fullmatch(id):
            raise ValueError(f"a session cannot be named {id!r:.120}; "
                             "expected 1 to 100 letters, digits, '-', '_' and '.', not with '.' first")
        elif not create and id not in self:
            raise KeyError(unknown("session", id, [info.id for info in self.list()]))
        return Session(self, id, auto_persist=auto_persist)

    def resume(self, id: str) -> tuple[Optional[_native.Image], int]:
        """The state to begin with, and its revision; (None, 0): it is new."""
        if id not in self:
            return None, 0
        return self.native.resume(id)

    def __contains__(self, id: object) -> bool:
        return any(info.name == id for info in self.native.list())

    def list(self) -> list[SessionInfo]:
        """All sessions, by name."""
        return [
            SessionInfo(
                info.name, info.revision, datetime.fromtimestamp(info.parked_ns / 1e9, timezone.utc), info.bytes)
            for info in self.native.list()]

    def remove(self, id: str) -> None:
        """Forgets a session, with its storage and history. KeyError: there is none."""
        if id not in self:
            raise KeyError(unknown("session", id, [info.id for info in self.list()]))
        self.native.remove(id)
        self.database.forget(id)

    def prune(
        self,
        *,
        max_age: Optional[Duration] = None,
        max_bytes: Optional[Amount] = None,
        max_sessions: Optional[int] = None,
    ) -> List[str]:
        """Removes the sessions that were parked longest ago: those older than `max_age`, then as many as are too many.
        What no session needs any more is deleted. Returns the names of the removed ones.

        `max_bytes` is for the states of all sessions together: the sum of list()'s `bytes`. Their storage and history,
        which are bounded for each, do not count, nor do snapshots that they begin with. 0 removes all.
        """
        oldest = sorted(self.list(), key=lambda info: info.parked)
        total = sum(info.bytes for info in oldest)
        is_none = max_bytes == 0 and not isinstance(max_bytes, bool)
        most_bytes = None if max_bytes is None else 0 if is_none else size(max_bytes, "max_bytes")
        since = None if max_age is None else time.time() - nanoseconds(max_age, "max_age") / 1e9
        removed = []
        for number, info in enumerate(oldest):
            is_old = since is not None and info.parked.timestamp() < since
            is_large = most_bytes is not None and total > most_bytes
            is_many = max_sessions is not None and len(oldest) - number > max_sessions
            if not (is_old or is_large or is_many):
                break
            self.remove(info.id)
            total -= info.bytes
            removed.append(info.id)
        self.collect()
        return removed

    def collect(self, age: Duration = "1m") -> tuple[int, int]:
        """Deletes the snapshots that no session needs and that are older than `age`: (files, bytes)."""
        return self.native.collect(nanoseconds(age, "age"))

    def close(self) -> None:
        self.database.close()
        self.native.close()

    def __enter__(self) -> SessionStore:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<SessionStore {self.folder!r}>"
