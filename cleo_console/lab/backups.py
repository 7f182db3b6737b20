"""The lab's backups: a pgBackRest repository in its own folder, taken by the same script by hand and on schedule."""

from __future__ import annotations

import json
from typing import Any

from cleo_console.lab.site import STANZA, Site, write_readable


def create_repository(site: Site) -> None:
    """Create the stanza and take the first full backup, with its manifest."""
    site.pgbackrest("stanza-create")
    take_backup(site, "full")


def write_config(site: Site) -> None:
    """Write pgBackRest's configuration; every path in it lies in the lab."""
    lines = [
        "[global]",
        f"repo1-path={site.repository}",
        "repo1-retention-full=4",
        "compress-type=zst",
        "process-max=2",
        "start-fast=y",
        f"log-path={site.directory / 'log'}",
        f"lock-path={site.run_directory / 'lock'}",
        f"spool-path={site.run_directory / 'spool'}",
        "",
        f"[{STANZA}]",
        f"pg1-path={site.data_directory}",
        f"pg1-port={site.port}",
        f"pg1-socket-path={site.run_directory}",
        "pg1-user=postgres",
    ]
    write_readable(site.backup_config, "\n".join(lines) + "\n")


def take_backup(site: Site, kind: str = "incr") -> str:
    """Take a backup now, with its manifest, and return its label.

    Args:
        site: the lab.
        kind: `full`, `diff` or `incr`.

    Raises:
        CleoError: pgBackRest failed, or another backup is running.
    """
    return site.run(["sh", "bin/backup.sh", kind], timeout=3600).strip().splitlines()[-1]


def list_backups(site: Site) -> list[dict[str, Any]]:
    """The repository's backups as pgBackRest describes them, oldest first."""
    stanzas = json.loads(site.pgbackrest("--output=json", "info", timeout=60))
    return list(stanzas[0].get("backup", [])) if stanzas else []
