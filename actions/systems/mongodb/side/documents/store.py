"""The difference between a side instance and the real server, document by document, in a file of the side instance.

It holds ids and digests, no documents. Only what is in it is ever written.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, NamedTuple

from actions.systems.mongodb.programs.in_side import CannotAsk
from actions.systems.mongodb.side.documents.identity import Document

FILE = "difference.db"
MISSING: Final = "missing"
CHANGED: Final = "changed"
EXTRA: Final = "extra"
Kind = Literal["missing", "changed", "extra"]
_SCHEMA = """
CREATE TABLE mark (text TEXT);
CREATE TABLE now (key BLOB PRIMARY KEY, id BLOB, digest BLOB) WITHOUT ROWID;
CREATE TABLE was (key BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE todo (
    number INTEGER PRIMARY KEY, collection INTEGER, kind TEXT, key BLOB, id BLOB, then_digest BLOB, now_digest BLOB,
    why TEXT NOT NULL DEFAULT '', UNIQUE (collection, key)
);
"""
_MANY = 2000


class Todo(NamedTuple):
    """One document that differs; a digest is empty where there is no document."""

    number: int
    kind: Kind
    key: bytes
    id: bytes
    then_digest: bytes
    now_digest: bytes


class Store:
    """The difference; ``mark`` names it."""

    def __init__(self, connection: sqlite3.Connection, mark: str) -> None:
        self._db = connection
        self.mark = mark

    def now(self, found: Iterable[Document]) -> None:
        """Keep what the real server has of a collection, and nothing of the one before."""
        self._db.execute("DELETE FROM now")
        self._db.execute("DELETE FROM was")
        self._db.executemany(
            "INSERT OR REPLACE INTO now VALUES (?, ?, ?)", ((one.key, one.id, one.digest) for one in found)
        )

    def then(self, collection: int, found: Iterable[Document]) -> int:
        """Compare what there was with what is kept of now, and return how many there were."""
        number = 0
        for one in found:
            number += 1
            self._db.execute("INSERT OR IGNORE INTO was VALUES (?)", [one.key])
            row = self._db.execute("SELECT digest FROM now WHERE key = ?", [one.key]).fetchone()
            if row is None:
                self.add(collection, MISSING, one.key, one.id, one.digest, b"")
            elif row[0] != one.digest:
                self.add(collection, CHANGED, one.key, one.id, one.digest, row[0])
        return number

    def extra(self, collection: int) -> None:
        """Keep what is there now and was not then."""
        rows = self._db.execute("SELECT key, id, digest FROM now WHERE key NOT IN (SELECT key FROM was)").fetchall()
        for key, id_, digest in rows:
            self.add(collection, EXTRA, key, id_, b"", digest)

    def add(self, collection: int, kind: Kind, key: bytes, id_: bytes, then: bytes, now: bytes) -> None:
        """Keep one document that differs."""
        self._db.execute(
            "INSERT INTO todo (collection, kind, key, id, then_digest, now_digest) VALUES (?, ?, ?, ?, ?, ?)",
            [collection, kind, key, id_, then, now],
        )

    def todo(self, collection: int, *kinds: Kind) -> Iterator[Todo]:
        """Yield what is to be done in a collection, of these kinds, in this order; what is left out is not."""
        for kind in kinds:
            last = 0
            while rows := self._db.execute(
                "SELECT number, kind, key, id, then_digest, now_digest FROM todo WHERE collection = ? AND kind = ? "
                "AND why = '' AND number > ? ORDER BY number LIMIT ?",
                [collection, kind, last, _MANY],
            ).fetchall():
                yield from (Todo(*row) for row in rows)
                last = rows[-1][0]

    def find(self, collection: int, key: bytes) -> Todo | None:
        """Return what is to be done with one document, by its key."""
        row = self._db.execute(
            "SELECT number, kind, key, id, then_digest, now_digest FROM todo WHERE collection = ? AND key = ?",
            [collection, key],
        ).fetchone()
        return Todo(*row) if row else None

    def leave(self, collection: int, keys: Iterable[bytes], why: str) -> None:
        """Leave documents of then as they are now."""
        self._db.executemany(
            f"UPDATE todo SET why = ? WHERE collection = ? AND key = ? AND why = '' AND kind <> '{EXTRA}'",
            ((why, collection, key) for key in keys),
        )

    def count(self, collection: int, *, kind: str = "", why: str | None = None) -> int:
        """Return how many differ, of one kind, or left out for one reason (empty: not left out)."""
        where, values = "collection = ?", list[object]([collection])
        if kind:
            where, values = f"{where} AND kind = ?", [*values, kind]
        if why is not None:
            where, values = f"{where} AND why = ?", [*values, why]
        return int(self._db.execute(f"SELECT count(*) FROM todo WHERE {where}", values).fetchone()[0])


@contextmanager
def new_store(folder: str) -> Iterator[Store]:
    """Make a new one in the place of whatever was compared before."""
    path = Path(folder, FILE)
    for one in (path, *path.parent.glob(f"{FILE}-*")):
        one.unlink(missing_ok=True)
    mark = secrets.token_hex(8)
    connection = sqlite3.connect(path)
    try:
        connection.executescript(_SCHEMA)
        yield Store(connection, mark)
        connection.execute("DELETE FROM now")
        connection.execute("DELETE FROM was")
        connection.execute("INSERT INTO mark VALUES (?)", [mark])  # last: what was not compared to its end has none
        connection.commit()
    finally:
        connection.close()


@contextmanager
def open_store(folder: str, mark: str) -> Iterator[Store]:
    """Open the one that was shown.

    Raises:
        CannotAsk: there is another one now, or none.
    """
    path = Path(folder, FILE)
    there = f"{path.absolute().as_uri()}?mode=ro" if path.exists() else ":memory:"
    connection = sqlite3.connect(there, uri=True)
    try:
        made = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'mark'").fetchone()
        found = connection.execute("SELECT text FROM mark").fetchone() if made else None
        if found != (mark,):
            raise CannotAsk("What was compared before is not there any more.", "Run the step again: it compares anew.")
        yield Store(connection, mark)
    finally:
        connection.close()
