"""All WAL that is known before a restore: in the archive, in preserved copies, and in the data directory."""

from __future__ import annotations

import msgspec

from actions.gate import decide
from actions.outcome import Cure, GateClosed
from actions.systems.postgres.pgbackrest.archive import Archive
from actions.systems.postgres.pgbackrest.command import Repository
from actions.systems.postgres.restore_record import RestoreRecord, load_record
from actions.systems.postgres.saved_wal import SavedWal, find_path, read_saved_wal
from actions.systems.postgres.server import Server
from actions.systems.postgres.wal import Path

GATE = "timelines"


class KnownLog(msgspec.Struct, frozen=True, kw_only=True):
    """The archive, and what survived of the log elsewhere."""

    archive: Archive
    saved_wal: SavedWal = msgspec.field(default_factory=SavedWal)

    @property
    def timelines(self) -> set[int]:
        """The timelines whose history is known: archived, or survived together with log of them."""
        return self.archive.histories | (self.saved_wal.histories.keys() & self.saved_wal.timelines)

    @property
    def newest_timeline(self) -> int:
        """The highest timeline there is any sign of in the archive, or whose history survived with its log."""
        return max(self.archive.newest_timeline, *self.timelines, 1)

    def segments(self, timeline: int) -> set[str]:
        """Return the names of a timeline's segments."""
        names = self.archive.segments | self.saved_wal.files.keys()
        return {name for name in names if int(name[:8], 16) == timeline}

    def path(self, server: Server, repository: Repository, timeline: int) -> Path:
        """Return the way through the timelines to ``timeline``.

        Raises:
            ActionFailed: its history is nowhere.
        """
        return find_path(server, repository, self.archive, self.saved_wal, timeline)


def known_log(server: Server, repository: Repository, archive: Archive) -> KnownLog:
    """Look through the archive and every copy, and say which timelines are in copies only, and which nowhere."""
    record = load_record(server)
    here = f"{server.data}/pg_wal"
    folders = [*(record.logs if record else []), *([here] if server.exists(here) else [])]
    known = KnownLog(archive=archive, saved_wal=read_saved_wal(server, folders, repository, archive))
    for timeline in sorted(known.timelines - archive.histories):
        where = known.saved_wal.histories[timeline].path.rpartition("/")[0]
        server.ctx.log(f"Timeline {timeline} was never archived: it survived in {where}, and is considered.")
    _say_lost(server, record, known)
    return known


def require_considered(server: Server, known: KnownLog) -> None:
    """Leave WAL of unknown origin out only by decision: its number may mean another timeline.

    Raises:
        GateClosed: there is such log, and nobody decided.
    """
    alone = known.saved_wal.timelines - {1} - known.timelines
    left_out = [*known.saved_wal.rivals, *(f"timeline {timeline}, without its history" for timeline in sorted(alone))]
    if not left_out:
        return
    words = f"Log survived that cannot be considered: {'; '.join(left_out)}"
    closed = GateClosed(
        GATE,
        f"{words}. What was committed there does not come back.",
        cures=[
            Cure(
                words="Look into it (pg_waldump), and keep what is needed from it. Then leave it out, with the reason.",
                override=GATE,
                cost="what was committed there",
            )
        ],
    )
    decide(server.ctx, closed, f"{words}. Left out")


def _say_lost(server: Server, record: RestoreRecord | None, known: KnownLog) -> None:
    """Say that nothing is left of the timeline which the last recovery began."""
    begun = record.back.timeline if record and record.state == "recovered" else None
    if begun and begun > known.newest_timeline:
        server.ctx.log(
            f"The last recovery began timeline {begun}; neither the archive nor any copy has log of it: "
            "what was committed since then does not come back.",
            "err",
        )
