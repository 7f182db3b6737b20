"""Reads a journal with all its segments, also while others write to it.

Every read fetches one page to its end at once, so that no read transaction stays open: an open one would keep SQLite
from moving the write-ahead log into the database, and would keep the reader at an old state.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from journal.events.envelope import from_text, to_text
from journal.events.types import Event, decode
from journal.store.chain import to_bytes
from journal.store.connection import reading
from journal.store.errors import KEEP_AS_IT_IS, JournalDamaged
from journal.store.failover.segment_reader import in_order, open_segments, schema_of
from journal.store.failover.segments import Segments
from journal.store.failures import read_failure
from journal.store.output import BETWEEN, LAST_UP_TO, PRINTED_SINCE, lines_of
from journal.store.rows import OutputLine, Reading, head_of
from journal.structs import plain_json

PAGE = 500
"""Rows of events in one fetch."""

OUTPUT_PAGE = 50
"""Rows of output in one fetch: each may hold 64 KiB."""

_EVENT = "seq, at, actor, host, type, step, payload, hash"
"""The columns that an event is made of. No others are read: fetching rows is half of the time of a fold."""

_NO_END = 2**63 - 1
"""The largest seq that SQLite can hold."""


class Reader:
    """Reads one journal over a connection of its own, which never writes. For one thread at a time.

    A segment that is made while it is open is read too.

    Args:
        path: the journal's first file, open elsewhere or not.
        more: the other segments, if they are not where they were written; then no others are looked for.

    Raises:
        SegmentMissing: the segments named do not begin with the journal's beginning.
        JournalError: it is not there, not a journal, of a newer format, or cannot be read. Every method raises it.
    """

    def __init__(self, path: Path, *more: Path) -> None:
        self.path = path
        self._segments = Segments(path)
        self._fixed = in_order([path, *more]) if more else None
        self._last_seen = path, 0
        self._opened = self._identity()
        self._conn = open_segments(self.files)
        self._version = self._data_version()

    @property
    def files(self) -> list[Path]:
        """The segments that are read, in order."""
        return self._fixed or self._segments.files

    def events(
        self, after: int = 0, limit: int | None = None, types: Sequence[str] = (), until: int = _NO_END
    ) -> Iterator[Event]:
        """Yield events in order, at most ``limit`` of them.

        Args:
            after: the seq that they follow.
            limit: how many at most, or None.
            types: only events of these types, if any are named.
            until: the seq of the last event to read.
        """
        return self._decoded(itertools.chain.from_iterable(self._pages(after, limit, types, until)))

    def _pages(
        self, after: int, limit: int | None, types: Sequence[str], until: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        wanted = f"AND type IN ({', '.join('?' * len(types))})" if types else ""
        sql = f"SELECT {_EVENT} FROM events WHERE seq > ? AND seq <= ? {wanted} ORDER BY seq LIMIT ?"
        left = limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            rows = self._fetch(sql, (after, until, *types, size))
            yield rows
            if len(rows) < size:
                return
            after = rows[-1][0]
            left = None if left is None else left - size

    def changed(self) -> bool:
        """Return whether anything was written since the last call, or since opening. Takes microseconds."""
        before, self._version = self._version, self._data_version()
        return self._version != before

    def output(self, run: int, after: int = 0, limit: int | None = None) -> list[OutputLine]:
        """Return a run's lines that follow line ``after``, in order, at most ``limit`` of them."""
        until = _NO_END if limit is None else after + limit
        before = self._last_line(run, after) if after else 0
        rows = self._fetch(BETWEEN, {"run": run, "after": after, "until": until})
        try:
            return list(lines_of(rows, before, after, until))
        except (ValueError, TypeError) as error:
            raise self._damaged(f"The output of run {run}", error) from error

    def tail(self, run: int, lines: int) -> list[OutputLine]:
        """Return a run's last lines, in order."""
        last = self._last_line(run)
        return self.output(run, max(0, last - lines), min(last, lines))

    def printed(self, run: int, since: datetime) -> dict[str, int]:
        """Return how many lines a run has printed since then, by stream."""
        return dict(self._fetch(PRINTED_SINCE, (run, to_text(since))))

    def output_digest(self, run: int) -> tuple[int, str]:
        """Return how many lines a run has printed, and their digest, as its closing event carries them."""
        digest, last = hashlib.sha256(), 0
        sql = "SELECT n, at, stream, text FROM output WHERE run = ? AND n > ? ORDER BY n LIMIT ?"
        while rows := self._fetch(sql, (run, last, OUTPUT_PAGE)):
            digest.update(b"".join(map(to_bytes, rows)))
            last = rows[-1][0]
        return last, digest.hexdigest()

    def readings(self) -> dict[str, Reading]:
        """Return the latest readings by name."""
        rows = self._fetch("SELECT name, at, payload FROM readings ORDER BY name, at")
        return {name: Reading(name, from_text(at), plain_json(payload)) for name, at, payload in rows}

    def head(self) -> tuple[int, str]:
        """Return seq and hash of the last event."""
        self._follow_segments()
        with reading(self.path):
            return head_of(self._conn)

    def times(self) -> tuple[datetime, datetime] | None:
        """Return the earliest and the latest time of any event, whatever its place; None where there is no event.

        A clock that was set tells times that do not follow each other.
        """
        ((first, last),) = self._fetch("SELECT min(at), max(at) FROM events")
        return (from_text(first), from_text(last)) if first else None

    def close(self) -> None:
        """Let go of the file."""
        self._conn.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _follow_segments(self) -> None:
        """Open the journal anew where a segment was added, or the last one was replaced by an upgraded copy."""
        try:
            while self._fixed is None and self._segments.advance():
                pass
        except OSError as error:
            raise read_failure(self._segments.last, error) from error
        if (now := self._identity()) != self._opened:
            conn = open_segments(self.files)
            self._conn.close()
            self._conn, self._opened = conn, now

    def _identity(self) -> tuple[int, int]:
        """Return how many segments there are, and the inode of the last one: only that one is ever upgraded."""
        last = self.files[-1]
        with contextlib.suppress(OSError):  # the file or its disk is gone: what is open can still be read
            self._last_seen = last, os.stat(last).st_ino  # noqa: PTH116  # before every read: a Path costs more
        return len(self.files), self._last_seen[1] if self._last_seen[0] == last else 0

    def _data_version(self) -> tuple[tuple[int, int], int]:
        self._follow_segments()
        return self._opened, self._fetch(f"PRAGMA {schema_of(self._opened[0])}.data_version")[0][0]

    def _last_line(self, run: int, up_to: int = _NO_END) -> int:
        """Return the number of a run's last row, or of its last row up to line ``up_to``; 0 where there is none."""
        rows = self._fetch(LAST_UP_TO, (run, up_to))
        return int(rows[0][0]) if rows else 0

    def _fetch(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        self._follow_segments()
        with reading(self.path):
            return self._conn.execute(sql, values).fetchall()

    def _decoded(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[Event]:
        for seq, at, actor, host, type_name, step, payload, own_hash in rows:
            try:
                event = Event(seq, from_text(at), actor, host, decode(type_name, step, payload), own_hash)
            except (KeyError, ValueError, TypeError) as error:
                raise self._damaged(f"Row {seq}", error) from error
            yield event

    def _damaged(self, what: str, error: Exception) -> JournalDamaged:
        return JournalDamaged(
            f"{what} of the journal {self.path} is not what was written: {error}.",
            KEEP_AS_IT_IS,
        )
