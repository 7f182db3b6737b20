"""An incremental backup: the oplog from where the backups end to where the set's majority is now."""

from __future__ import annotations

from actions.backups.repository.entry import Covers, Entry
from actions.backups.repository.writing import Staged
from actions.systems.mongodb.dump_layout import DUMP, OPLOG
from actions.systems.mongodb.oplog_position import parse_position
from actions.systems.mongodb.programs.oplog_slice import Slice, copy_slice
from actions.systems.mongodb.programs.request import GAP, CannotBackUp, Request
from actions.systems.mongodb.programs.source import Source


def write_incremental(source: Source, request: Request, backup: Staged) -> Entry:
    """Copy the oplog since the last backup, and make a backup of it.

    Raises:
        CannotBackUp: it does not connect to the backups any more (``why`` is ``gap``).
        PyMongoError: the server cannot be read.
        OSError: a file cannot be written.
    """
    found, gap = _copy(source, request, backup)
    return backup.finish(
        "mongodb",
        covers=Covers(from_=found.first, to=found.last),
        consistent_at=found.until,
        builds_on=request.builds_on,
        server={"version": source.version, "fcv": source.fcv, "set": source.set_name},
        facts={"entries": found.entries, "last_entry": found.last_entry, "primary": source.primary, "gap": gap},
    )


def _copy(source: Source, request: Request, backup: Staged) -> tuple[Slice, str]:
    """Return the slice, and what is missing before it; empty: nothing."""
    gap: CannotBackUp | None = None
    for end in request.since:
        first = parse_position(end.position)
        last = max(first, source.majority_position())
        try:
            found = copy_slice(source, backup.new(f"{DUMP}/{OPLOG}"), first, last, entry=end.entry)
        except CannotBackUp as error:
            if error.why != GAP:
                raise
            gap = gap or error
            continue
        return found, gap.message if gap else ""
    raise gap or CannotBackUp("There is no backup that an incremental one could follow.", "Take a full backup.", GAP)
