"""What a session was told to do, and what came of it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import NamedTuple, Union

from .database import Database
from .result import Outcome

MOST_ENTRIES = 10_000  # of a session; older ones go
MOST_TEXT = 1 << 16  # characters of code, output and error each


class Entry(NamedTuple):
    """One run."""

    number: int
    at: datetime
    context: str
    code: str
    outcome: str
    output: str
    error: str
    seconds: float


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + f"... ({len(text):,} characters)"


def remember(
    database: Database,
    session: str,
    code: Union[str, bytes],
    context: str,
    outcome: Outcome,
    output: str,
    error: str,
    seconds: float,
) -> None:
    """Adds a run."""
    text = code if isinstance(code, str) else code.decode("utf-8", "replace")
    now = datetime.now(timezone.utc).timestamp()
    with database.change() as connection:
        connection.execute(
            "INSERT INTO history SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 "
            "FROM history WHERE session = ?1",
            (session, now, context, _cut(text), outcome.value, _cut(output), _cut(error), seconds))
        connection.execute(
            "DELETE FROM history WHERE session = ?1 AND number <= "
            "(SELECT max(number) FROM history WHERE session = ?1) - ?2", (session, MOST_ENTRIES))


def recall(database: Database, session: str, last: int) -> list[Entry]:
    """The last runs, oldest first."""
    rows = database.rows(
        "SELECT number, at, context, code, outcome, output, error, seconds FROM history WHERE session = ? "
        "ORDER BY number DESC LIMIT ?", (session, last))
    return [Entry(row[0], datetime.fromtimestamp(row[1], timezone.utc), *row[2:]) for row in reversed(rows)]
