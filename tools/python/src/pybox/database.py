"""The host's own records of sessions: a SQLite file in the store's folder."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Optional

_SCHEMA = """
CREATE TABLE IF NOT EXISTS storage (
    session TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (session, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
    session TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, context TEXT NOT NULL, code TEXT NOT NULL,
    outcome TEXT NOT NULL, output TEXT NOT NULL, error TEXT NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY (session, number)
) WITHOUT ROWID;
"""


class Database:
    """Any thread; any number of processes."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._connection: Optional[sqlite3.Connection] = None
        self._process = 0
        with self.change() as connection:
            connection.executescript(_SCHEMA)

    def _connect(self) -> sqlite3.Connection:
        """A connection must not be used across a fork."""
        if self._connection is None or self._process != os.getpid():
            self._connection = sqlite3.connect(self._path, timeout=30, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._process = os.getpid()
        return self._connection

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        with self._lock:
            connection = self._connect()
            with connection:
                yield connection

    def rows(self, query: str, values: Sequence[object]) -> list[Any]:
        with self._lock:
            return self._connect().execute(query, values).fetchall()

    def forget(self, session: str) -> None:
        """All that is kept of a session."""
        with self.change() as connection:
            connection.execute("DELETE FROM storage WHERE session = ?", (session,))
            connection.execute("DELETE FROM history WHERE session = ?", (session,))

    def close(self) -> None:
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None
