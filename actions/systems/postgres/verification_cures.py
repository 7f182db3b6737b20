"""What helps where a verification proved that a server's data is wrong."""

from __future__ import annotations

from actions.outcome import Cure
from actions.systems.postgres.comparison import Comparison
from actions.systems.postgres.cures import backup_before, earlier_point, restore_cure
from actions.systems.postgres.restore_record import RestoreRecord
from actions.systems.postgres.server import Server

_INDEX = "btree index "
"""How pg_amcheck's line on an index begins."""


def verification_cures(
    server: Server, record: RestoreRecord | None, compared: Comparison, corrupt: list[str]
) -> list[Cure]:
    """Return what helps, the smallest first.

    Args:
        server: the server, of which something is proven wrong.
        record: the restore of this incident that was verified; None where it came back by itself.
        compared: its relations beside the manifest.
        corrupt: what is corrupt, a line each.
    """
    lost = compared.of("damaged", "wrong", "missing")
    if not corrupt and not lost:  # definitions only
        return [Cure(words="Create again what is missing, from the schema's source; then verify again.")]
    if corrupt and not lost and all(line.startswith(_INDEX) for line in corrupt):
        words = "Rebuild the indexes that are named (REINDEX INDEX), then verify again: their tables are whole."
        return [Cure(words=words, cost="each table takes no writes while its index is rebuilt")]
    if record is None:
        return [restore_cure(server, "Restore it from a sound backup: crash recovery does not mend what is damaged.")]
    if older := _older(server, record):
        return [*older, _earlier(record)]
    return [_earlier(record), restore_cure(server, "Restore again, to the point that was decided since.")]


def _older(server: Server, record: RestoreRecord) -> list[Cure]:
    """Return the restore from the set before, which leads to the same point; nothing where the point is a set."""
    older = None if record.recovery_point.kind == "backup" else backup_before(server, record.backup)
    if older is None:
        return []
    words = (
        f"Restore again, from backup {older.label}, the one before: what is wrong may have come with {record.backup}."
    )
    return [
        restore_cure(server, words, backup=older.label, data="loses no commit where the log since that backup is whole")
    ]


def _earlier(record: RestoreRecord) -> Cure:
    if record.recovery_point.kind == "backup":
        return earlier_point("Decide on an older backup, or on a point before the damage; then restore again.")
    return earlier_point("If it came with the log: decide on a recovery point before the damage; then restore again.")
