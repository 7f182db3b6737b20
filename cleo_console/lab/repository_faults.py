"""Faults of the backup repository: what one only notices when it is needed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from cleo_console.lab import backups
from cleo_console.lab.postgres_faults import require_server
from cleo_console.lab.site import STANZA, Site
from journal.errors import CleoError

Done = tuple[str, dict[str, Any]]

ARCHIVING_SECONDS = 60.0


def damage_newest_backup(site: Site) -> Done:
    """Overwrite a few bytes in the largest file that the newest backup itself holds; one before it stays sound."""
    found = backups.list_backups(site)
    if len(found) < 2:
        require_server(site)
        backups.take_backup(site, "full")
        found = backups.list_backups(site)
    label, previous = found[-1]["label"], found[-2]["label"]
    folder = site.repository / "backup" / STANZA / label / "pg_data" / "base"
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


def lose_wal_segment(site: Site) -> Done:
    """Fill and archive three segments after the newest backup, then delete the middle one from the repository.

    The server's own copy goes too, as it would in time: a checkpoint recycles it.
    """
    require_server(site)
    segments = [_archive_one_segment(site) for _ in range(3)]
    site.psql("CHECKPOINT")
    lost = segments[1]
    path = _archived(site, lost)
    if path is None:
        raise CleoError(f"Segment {lost} is not in the repository any more.", "Repeat the fault.")
    path.unlink()
    what = f"Deleted log segment {lost} from the repository; {segments[0]} before and {segments[2]} after it are there."
    return what, {"segment": lost, "before": segments[0], "after": segments[2], "file": str(path)}


def _archive_one_segment(site: Site) -> str:
    """Let the application commit something, switch to a new segment, and wait until the old one is archived."""
    site.app_psql(
        "INSERT INTO audit_logs SELECT max(id) + 1, 1, 'login', '10.0.0.1', '{}', clock_timestamp() FROM audit_logs"
    )
    segment = site.psql("SELECT pg_walfile_name(pg_switch_wal())")
    deadline = time.monotonic() + ARCHIVING_SECONDS
    while _archived(site, segment) is None:
        if time.monotonic() > deadline:
            raise CleoError(f"Segment {segment} was not archived within {ARCHIVING_SECONDS:g} s.", "See the lab's log.")
        time.sleep(0.05)
    return segment


def _archived(site: Site, segment: str) -> Path | None:
    """The repository's file of a segment: named after it, its checksum behind a dash."""
    found = (site.repository / "archive" / STANZA).glob(f"*/*/{segment}-*")
    return next((each for each in found if not each.name.endswith(".tmp")), None)
