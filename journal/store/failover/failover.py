"""Continues a journal in a new segment (a further file) when the disk under it fails.

The chain of hashes, the seq of events and the numbers of output lines continue. No fork is possible: whoever makes the
next segment holds the writers' lock of the segment before while it reads the head and until the new file has its name,
and every writer looks for a next segment after it got the lock and before it writes. What a failed write may have left
in the old file was never acknowledged; readers end each segment where the next one begins.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
from pathlib import Path

from journal.events.envelope import Clock
from journal.events.types import JournalContinued
from journal.store.connection import open_for_reading
from journal.store.errors import JournalError, JournalWriteFailed, NetworkFilesystem
from journal.store.failover.segments import Segments, mark_next
from journal.store.filesystem import check_place
from journal.store.folders import keep_private
from journal.store.new_file import new_database
from journal.store.rows import encoded, head_of, insert_events
from journal.store.schema import add_rules, create_tables

ROOM_BYTES = 4 * 1024 * 1024
"""Bytes that must be free in a folder before the journal continues there: else it would fail again at once."""

_CARRIED = """
SELECT run, max(n) AS lines, 0 AS started FROM output GROUP BY run
UNION ALL SELECT json_extract(payload, '$.run'), 0, 1 FROM events WHERE type = 'action.started'
UNION ALL SELECT run, lines, started FROM carried
"""


class Failover:
    """Makes the next segment of a journal.

    Args:
        actor: who the new segment's first event is written by, as ``user@host``.
        clock: tells the time of that event.
    """

    def __init__(self, actor: str, clock: Clock) -> None:
        self._actor = actor
        self._clock = clock

    def begin(self, segments: Segments, conn: sqlite3.Connection | None, failure: Exception) -> bool:
        """Make the segment after the last one. The caller holds the last one's writers' lock.

        Args:
            segments: the files so far.
            conn: the connection on which the write failed, rolled back; None where there was none.
            failure: why the write failed.

        Returns:
            Whether the next segment was made. False: the journal has no fallback directory.

        Raises:
            JournalWriteFailed: no segment could be made there either.
        """
        to = segments.path_of_next()
        if to is None:
            return False
        try:
            _make_folder(to.parent, segments.files[0].parent)
            check_place(to.parent)
            self._write(segments, to, conn, f"{segments.last.name} could not be written: {failure}")
        except (sqlite3.Error, OSError, JournalError) as error:
            raise JournalWriteFailed(
                f"The journal {segments.last} could not be written: {failure}; nor could it go on in {to}: {error}.",
                "Free some space on one of the two disks, then do it again. Nothing new is started before.",
            ) from error
        with contextlib.suppress(OSError):  # a disk that is full or read-only may not take even this
            mark_next(segments.last, to)
        return True

    def _write(self, segments: Segments, to: Path, conn: sqlite3.Connection | None, why: str) -> None:
        source = conn or open_for_reading(segments.last)
        try:
            head = head_of(source)
            carried = _carried(source)
            (incident_id,) = source.execute(
                "SELECT json_extract(payload, '$.id') FROM events ORDER BY seq LIMIT 1"
            ).fetchone()
        finally:
            if conn is None:
                source.close()
        number = len(segments.files) + 1
        body = JournalContinued(
            id=incident_id, segment=number, seq=head[0], head=head[1], first_file=str(segments.files[0]), why=why
        )
        with new_database(to) as new:
            create_tables(new)
            new.execute("BEGIN")
            new.executemany("INSERT INTO carried VALUES (?, ?, ?)", carried)
            insert_events(new, [(body, encoded(body))], self._actor, self._clock, after=head)
            new.execute("COMMIT")
            add_rules(new)


def check_fallback(folder: Path, fallback: Path) -> list[str]:
    """Return warnings about a fallback directory, for a person to read.

    Args:
        folder: where the journals are now.
        fallback: where they would continue; made if it is not there.
    """
    try:
        _make_folder(fallback, folder)
        found = check_place(fallback)
    except (OSError, NetworkFilesystem) as error:
        said = error.message if isinstance(error, NetworkFilesystem) else f"{fallback}: {error.strerror}"
        return [f"The journal's fallback directory cannot be used: {said}"]
    if fallback.stat().st_dev == folder.stat().st_dev:
        found.append(
            f"The journal's fallback directory {fallback} is on the same disk as the journal, and fills up with it."
        )
    return found


def _carried(source: sqlite3.Connection) -> list[tuple[int, int, int]]:
    """Return what the segments so far hold of each run: its id, how many lines it printed, whether it was started."""
    return source.execute(f"SELECT run, max(lines), max(started) FROM ({_CARRIED}) GROUP BY run").fetchall()


def _make_folder(folder: Path, like: Path) -> None:
    """Make the incident's folder in the fallback directory, with the mode and group of ``like``, if it has room.

    Raises:
        OSError: it cannot be made, or has no room.
    """
    if not folder.is_dir():
        keep_private(folder)
        shutil.copymode(like, folder)
        with contextlib.suppress(PermissionError):  # a group that we are not in: then the folder is ours alone
            os.chown(folder, -1, like.stat().st_gid)
    there = os.statvfs(folder)
    if there.f_bavail * there.f_frsize < ROOM_BYTES:
        raise OSError(errno.ENOSPC, f"less than {ROOM_BYTES >> 20} MB is free there")
