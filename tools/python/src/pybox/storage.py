"""Key-value storage of a session: kept by the host, so that it survives rollbacks, restarts and lost snapshots.

In the guest it is a module:

    import storage
    storage.put("seen", {"a", "b"})
    storage.get("seen", set())

In the host it is a mapping: session.storage["seen"].
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from .database import Database
from .tools import AnyTool, Tool
from .units import spell_size
from .values import decode, encode_json

MODULE = "storage"
MOST_KEY = 500  # characters


class Storage(MutableMapping[str, Any]):
    """The storage of one session. Values are what crosses between host and guest."""

    def __init__(self, database: Database, session: str, most_bytes: int) -> None:
        self._database, self._session, self._most = database, session, most_bytes

    def __getitem__(self, key: str) -> Any:
        rows = self._database.rows("SELECT value FROM storage WHERE session = ? AND key = ?", (self._session, key))
        if not rows:
            raise KeyError(key)
        return decode(rows[0][0])

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str) or not 0 < len(key) <= MOST_KEY:
            raise ValueError(f"a key is a text of 1 to {MOST_KEY} characters")
        text = encode_json(value)
        needed = len(key.encode()) + len(text.encode())
        with self._database.change() as connection:
            used = connection.execute(
                "SELECT coalesce(sum(bytes), 0) FROM storage WHERE session = ? AND key != ?", (self._session, key)
            ).fetchone()[0]
            if used + needed > self._most:
                raise OSError(f"the storage is full: {spell_size(self._most)} is all it may hold")
            connection.execute(
                "INSERT OR REPLACE INTO storage VALUES (?, ?, ?, ?)", (self._session, key, text, needed))

    def __delitem__(self, key: str) -> None:
        with self._database.change() as connection:
            done = connection.execute("DELETE FROM storage WHERE session = ? AND key = ?", (self._session, key))
            if done.rowcount == 0:
                raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        rows = self._database.rows("SELECT key FROM storage WHERE session = ? ORDER BY key", (self._session,))
        return iter([row[0] for row in rows])

    def __len__(self) -> int:
        rows = self._database.rows("SELECT count(*) FROM storage WHERE session = ?", (self._session,))
        return int(rows[0][0])

    @property
    def used_bytes(self) -> int:
        rows = self._database.rows("SELECT coalesce(sum(bytes), 0) FROM storage WHERE session = ?", (self._session,))
        return int(rows[0][0])

    def tools(self) -> list[AnyTool]:
        """The guest's module."""
        def get(key: str, default: Any = None) -> Any:
            """The value that is kept under a key."""
            return MutableMapping.get(self, key, default)

        def put(key: str, value: Any) -> None:
            """Keeps a value, also for later sessions of the same name."""
            self[key] = value

        def delete(key: str) -> bool:
            """Forgets a key. Whether it was there."""
            return self.pop(key, missing) is not missing

        def keys(prefix: str = "") -> list[str]:
            """The keys that begin with a text, in order."""
            return [key for key in self if key.startswith(prefix)]

        missing = object()
        return [Tool(function, module=MODULE) for function in (get, put, delete, keys)]
