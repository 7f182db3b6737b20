"""Where the disk under a journal gives way, it goes on in another file: the same chain, the next seq, the next line.

No fork is possible: whoever makes the next part holds the turn (`filelock`) of the part before while it reads the
head and until the new file stands under its name, and every writer looks for a next part after it got the turn and
before it writes. What a failed write may have left behind in the old file was never acknowledged; readers end each
part where the next one begins.
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
"""What must be free in a place before the journal goes there: else it would only have to leave again."""

_CARRIED = """
SELECT run, max(n) AS lines, 0 AS started FROM output GROUP BY run
UNION ALL SELECT json_extract(payload, '$.run'), 0, 1 FROM events WHERE type = 'action.started'
UNION ALL SELECT run, lines, started FROM carried
"""


class Continuation:
    """Makes the next file of a journal.

    Args:
        actor: in whose name the first event of the new file is written.
        clock: what tells the time.
    """

    def __init__(self, actor: str, clock: Clock) -> None:
        self._actor = actor
        self._clock = clock

    def begin(self, parts: Segments, conn: sqlite3.Connection | None, failure: Exception) -> bool:
        """Make the part after the last one. The caller holds the last one's turn.

        Args:
            parts: the files so far.
            conn: the connection on which the write failed, rolled back; None where there was none.
            failure: what happened.

        Returns:
            Whether the next part is there. False: no second place is known.

        Raises:
            JournalWriteFailed: no part could be made in the second place either.
        """
        to = parts.place_for_next()
        if to is None:
            return False
        try:
            _make_folder(to.parent, parts.files[0].parent)
            check_place(to.parent)
            self._write(parts, to, conn, f"{parts.last.name} could not be written: {failure}")
        except (sqlite3.Error, OSError, JournalError) as error:
            raise JournalWriteFailed(
                f"The journal {parts.last} could not be written: {failure}; nor could it go on in {to}: {error}.",
                "Free some space on one of the two disks, then do it again. Nothing new is started before.",
            ) from error
        with contextlib.suppress(OSError):  # a disk that is full or read-only may not take even this
            mark_next(parts.last, to)
        return True

    def _write(self, parts: Segments, to: Path, conn: sqlite3.Connection | None, why: str) -> None:
        source = conn or open_for_reading(parts.last)
        try:
            head = head_of(source)
            carried = _carried(source)
            (incident_id,) = source.execute(
                "SELECT json_extract(payload, '$.id') FROM events ORDER BY seq LIMIT 1"
            ).fetchone()
        finally:
            if conn is None:
                source.close()
        number = len(parts.files) + 1
        body = JournalContinued(
            id=incident_id, part=number, seq=head[0], head=head[1], first_file=str(parts.files[0]), why=why
        )
        with new_database(to) as new:
            create_tables(new)
            new.execute("BEGIN")
            new.executemany("INSERT INTO carried VALUES (?, ?, ?)", carried)
            insert_events(new, [(body, encoded(body))], self._actor, self._clock, after=head)
            new.execute("COMMIT")
            add_rules(new)


def check_second_place(folder: Path, second: Path) -> list[str]:
    """Return what a person should know about the place in which journals would go on.

    Args:
        folder: where they are now.
        second: where they would go on; made if it is not there.
    """
    try:
        _make_folder(second, folder)
        found = check_place(second)
    except (OSError, NetworkFilesystem) as error:
        said = error.message if isinstance(error, NetworkFilesystem) else f"{second}: {error.strerror}"
        return [f"The journal's second place cannot be used: {said}"]
    if second.stat().st_dev == folder.stat().st_dev:
        found.append(f"The journal's second place {second} is on the same disk as the journal, and fills up with it.")
    return found


def _carried(source: sqlite3.Connection) -> list[tuple[int, int, int]]:
    """Return what the segments so far hold of each run: its id, how many lines it printed, whether it was started."""
    return source.execute(f"SELECT run, max(lines), max(started) FROM ({_CARRIED}) GROUP BY run").fetchall()


def _make_folder(folder: Path, like: Path) -> None:
    """Make the incident's folder in the second place, open to whom the first one is open, and see that it has room.

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
