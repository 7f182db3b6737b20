"""Log that only an old primary's data have, where its host answers again: archived for its standby, or said to stay."""

from __future__ import annotations

from typing import NamedTuple

from actions.outcome import Finding
from actions.systems.postgres.process import Control, control, postmaster
from actions.systems.postgres.server import Server
from actions.systems.postgres.surviving_wal import archive_waiting, waiting_segments
from actions.systems.postgres.wal import format_lsn, parse_segment
from journal.errors import CleoError
from journal.wording.counting import count

_HEADER = 40
"""Bytes at a segment's beginning that are no record."""


class LeftLog(NamedTuple):
    """What the data of an old primary that is down have: segments that wait to be archived, and its end in bytes."""

    waiting: list[str]
    end: int


def left_log(primary: Server, received: int) -> LeftLog | None:
    """Return what an old primary that is down has beyond its standby (bytes of log); None: it runs, or is not seen."""
    try:
        if postmaster(primary):
            return None
        found = control(primary)
        if found is None:
            return None
        size = found.segment_bytes
        waiting = [one for one in waiting_segments(primary) if (parse_segment(one, size).number + 1) * size > received]
        return LeftLog(waiting, _end(found))
    except CleoError as error:
        primary.ctx.log(f"What {primary.name} has that is not archived cannot be seen: {error.message}")
        return None


def _end(found: Control) -> int:
    """Return up to where there is log at least; the checkpoint of a stop that opened a new segment is none to miss."""
    end, into = max(found.redo, found.consistent_at), found.redo % found.segment_bytes
    return found.redo - into if found.state == "shut down" and into <= _HEADER and end == found.redo else end


def archive_left(primary: Server, left: LeftLog | None) -> None:
    """Archive the whole segments that an old primary could not archive itself, so that its standby gets them."""
    if left is None or not left.waiting:
        return
    many = count(len(left.waiting), "segment")
    if not primary.ctx.effect(f"archive {many} of {primary.name} that wait there, from {left.waiting[0]} on"):
        return
    if failed := archive_waiting(primary):
        primary.ctx.log(f"{len(failed)} of {many} could not be archived, from {failed[0]} on.", "err")


def still_left(primary: Server, received: int, *, promoting: bool = False) -> list[Finding]:
    """Return that an old primary's data have log that its standby lacks, where somebody can look.

    Args:
        primary: the old primary.
        received: how much log the standby has, in bytes.
        promoting: whether it is about to be promoted without it.
    """
    left = left_log(primary, received)
    if left is None or (left.end <= received and not left.waiting):
        return []
    text = (
        f"its host answers, and its data have log up to {format_lsn(left.end)}; the standby has {format_lsn(received)}"
    )
    if left.waiting:
        text += f"; {count(len(left.waiting), 'segment')} wait to be archived"
    cure = "Keep that data directory: what no whole segment holds is only there."
    if promoting and left.waiting:
        cure = f"Before the promotion: postgres.activate_standby has them archived and replayed. {cure}"
    return [Finding(severity="warning", about=primary.name, text=text, cure=cure)]
