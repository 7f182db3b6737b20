"""Faults of the backups' repository: what one only notices when it is needed."""

from __future__ import annotations

from actions.systems.redis.backups.order import RDB_FILE
from cleo_console.lab.redis import backups, server
from cleo_console.lab.redis.node import Node
from cleo_console.lab.service import Done, FaultKind


def damage_newest_backup(node: Node) -> Done:
    """Change a byte in the RDB file of the newest backup; one before it stays sound."""
    label, previous = _newest(node)
    place = node.backups.change_byte(label, RDB_FILE)
    what = f"Changed byte {place} of {RDB_FILE} in the newest backup {label}; the one before it is {previous}."
    return what, {"label": label, "previous": previous, "file": node.backups.at(label, RDB_FILE)}


def truncate_newest_backup(node: Node) -> Done:
    """Cut the RDB file of the newest backup to its half; one before it stays sound."""
    label, previous = _newest(node)
    node.backups.halve(label, RDB_FILE)
    what = f"Cut {RDB_FILE} in the newest backup {label} to its half; the one before it is {previous}."
    return what, {"label": label, "previous": previous, "file": node.backups.at(label, RDB_FILE)}


def _newest(node: Node) -> tuple[str, str]:
    """Return the newest backup with an RDB file, and the one before it."""
    if len(_with_rdb(node)) < 2:
        server.require_running(node)
        backups.take(node)
    previous, label = _with_rdb(node)[-2:]
    return label, previous


def _with_rdb(node: Node) -> list[str]:
    return [one.id for one in node.backups.entries() if any(file.name == RDB_FILE for file in one.files)]


FAULTS = (
    FaultKind(
        "damage-newest-backup", "change a byte of the newest backup; there is one before it", damage_newest_backup
    ),
    FaultKind("truncate-newest-backup", "cut the newest backup's file to its half", truncate_newest_backup),
)
"""Each is done for real."""
