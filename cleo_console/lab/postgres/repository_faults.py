"""Faults of the backup repository: what one only notices when it is needed."""

from __future__ import annotations

import os
import time
from pathlib import Path

from cleo_console.lab.postgres import backups, server
from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.service import Done
from journal.errors import CleoError

ARCHIVING_SECONDS = 60.0


def damage_newest_backup(cluster: Cluster) -> Done:
    """Overwrite a few bytes in the largest file that the newest backup itself holds; one before it stays sound."""
    found = backups.list_backups(cluster)
    if len(found) < 2:
        server.require_running(cluster)
        backups.take_backup(cluster, "full")
        found = backups.list_backups(cluster)
    label, previous = found[-1]["label"], found[-2]["label"]
    folder = cluster.repository / "backup" / cluster.stanza / label / "pg_data" / "base"
    files = [each for each in folder.rglob("*") if each.is_file() and each.stat().st_size]
    if not files:
        raise CleoError(f"The newest backup {label} holds no data of its own.", "Wait for the next one, or repeat.")
    path = max(files, key=lambda each: (each.stat().st_size, each.name))
    _scratch(path)
    what = f"Damaged {path.name} in the newest backup {label}; the one before it is {previous}."
    return what, {"label": label, "previous": previous, "file": str(path)}


def _scratch(path: Path) -> None:
    """Change eight bytes in the middle of a file; adding one, not inverting, lest a second time repair it."""
    data = bytearray(path.read_bytes())
    middle = max(0, len(data) // 2 - 4)
    for place in range(middle, min(middle + 8, len(data))):
        data[place] = (data[place] + 1) % 256
    with path.open("r+b") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def lose_wal_segment(cluster: Cluster) -> Done:
    """Fill and archive three segments after the newest backup, then delete the middle one from the repository.

    The server's own copy goes too, as it would in time: a checkpoint recycles it.
    """
    server.require_running(cluster)
    segments = [_archive_one_segment(cluster) for _ in range(3)]
    cluster.psql("CHECKPOINT")
    lost = segments[1]
    path = _archived(cluster, lost)
    if path is None:
        raise CleoError(f"Segment {lost} is not in the repository any more.", "Repeat the fault.")
    path.unlink()
    what = f"Deleted log segment {lost} from the repository; {segments[0]} before and {segments[2]} after it are there."
    return what, {"segment": lost, "before": segments[0], "after": segments[2], "file": str(path)}


def _archive_one_segment(cluster: Cluster) -> str:
    """Let the application commit something, switch to a new segment, and wait until the old one is archived."""
    cluster.app_psql(
        "INSERT INTO audit_logs SELECT max(id) + 1, 1, 'login', '10.0.0.1', '{}', clock_timestamp() FROM audit_logs"
    )
    segment = cluster.psql("SELECT pg_walfile_name(pg_switch_wal())")
    deadline = time.monotonic() + ARCHIVING_SECONDS
    while _archived(cluster, segment) is None:
        if time.monotonic() > deadline:
            raise CleoError(f"Segment {segment} was not archived within {ARCHIVING_SECONDS:g} s.", "See the lab's log.")
        time.sleep(0.05)
    return segment


def _archived(cluster: Cluster, segment: str) -> Path | None:
    """The repository's file of a segment: named after it, its checksum behind a dash."""
    found = (cluster.repository / "archive" / cluster.stanza).glob(f"*/*/{segment}-*")
    return next((each for each in found if not each.name.endswith(".tmp")), None)
