"""Where the archived log ends, and whether a standby has all of it."""

from __future__ import annotations

from typing import NamedTuple

from actions.outcome import ActionFailed
from actions.systems.postgres.pgbackrest.archive import read_archive
from actions.systems.postgres.pgbackrest.command import read_repository
from actions.systems.postgres.process import control
from actions.systems.postgres.server import Server
from actions.systems.postgres.wal import SEGMENT_BYTES, Segment, parse_segment


class ArchiveEnd(NamedTuple):
    """The end of one timeline's archived log.

    Attributes:
        lsn: behind the newest segment, in bytes; 0: the archive has nothing of that timeline.
        segment: the newest segment's name.
        size: bytes of a segment.
        timeline: whose log that is.
    """

    lsn: int
    segment: str
    size: int
    timeline: int

    @property
    def next(self) -> str:
        """The name of the segment that would come next."""
        return Segment(self.timeline, self.lsn // self.size).name(self.size)


def archive_end(server: Server, timeline: int) -> ArchiveEnd:
    """Return where the archive's log of a timeline ends, or of a later one that went on from it.

    Raises:
        CleoError: the archive cannot be read.
        ActionFailed: it has nothing.
    """
    found = control(server)
    size = found.segment_bytes if found else SEGMENT_BYTES
    names = [name for name in read_archive(server, read_repository(server)).segments if int(name[:8], 16) == timeline]
    if not names:
        raise ActionFailed(
            f"The archive that {server.name} reads has no log of timeline {timeline}.",
            "Is it the right stanza, and does the repository answer? (backups.list)",
            left_behind="Nothing was changed.",
        )
    newest = max(names)
    return ArchiveEnd((parse_segment(newest, size).number + 1) * size, newest, size, timeline)
