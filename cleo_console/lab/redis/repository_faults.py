"""Faults of the backups' repository: what one only notices when it is needed."""

from __future__ import annotations

import os
from pathlib import Path

from actions.systems.redis.backups.order import RDB_FILE
from cleo_console.lab.redis import backups, server
from cleo_console.lab.redis.node import Node
from cleo_console.lab.service import Done, FaultKind


def damage_newest_backup(node: Node) -> Done:
    """Change a byte in the RDB file of the newest backup; one before it stays sound."""
    label, previous, path = _newest(node)
    place = path.stat().st_size // 2
    with path.open("r+b") as file:
        file.seek(place)
        changed = (file.read(1)[0] + 1) % 256
        file.seek(place)
        file.write(bytes([changed]))
    what = f"Changed byte {place} of {path.name} in the newest backup {label}; the one before it is {previous}."
    return what, {"label": label, "previous": previous, "file": str(path)}


def truncate_newest_backup(node: Node) -> Done:
    """Cut the RDB file of the newest backup to its half; one before it stays sound."""
    label, previous, path = _newest(node)
    os.truncate(path, path.stat().st_size // 2)
    what = f"Cut {path.name} in the newest backup {label} to its half; the one before it is {previous}."
    return what, {"label": label, "previous": previous, "file": str(path)}


def _newest(node: Node) -> tuple[str, str, Path]:
    """Return the newest backup with an RDB file, the one before it, and that file."""
    if len(_with_rdb(node)) < 2:
        server.require_running(node)
        backups.take(node)
    previous, label = _with_rdb(node)[-2:]
    return label, previous, backups.shelf(node) / label / RDB_FILE


def _with_rdb(node: Node) -> list[str]:
    return [label for label in backups.list_backups(node) if (backups.shelf(node) / label / RDB_FILE).exists()]


FAULTS = (
    FaultKind(
        "damage-newest-backup", "change a byte of the newest backup; there is one before it", damage_newest_backup
    ),
    FaultKind("truncate-newest-backup", "cut the newest backup's file to its half", truncate_newest_backup),
)
"""Each is done for real."""
