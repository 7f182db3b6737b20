"""A cluster's backups: a pgBackRest repository in its own folder, taken by the same script by hand and on schedule."""

from __future__ import annotations

import json
from typing import Any

from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.workspace import write_readable


def create_repository(cluster: Cluster) -> None:
    """Create the stanza and take the first full backup, with its manifest."""
    cluster.pgbackrest("stanza-create")
    take_backup(cluster, "full")


def write_config(cluster: Cluster) -> None:
    """Write pgBackRest's configuration; every path in it lies in the lab."""
    lines = [
        "[global]",
        f"repo1-path={cluster.repository}",
        "repo1-retention-full=4",
        "compress-type=zst",
        "process-max=2",
        "start-fast=y",
        f"log-path={cluster.directory / 'log'}",
        f"lock-path={cluster.run_directory / 'lock'}",
        f"spool-path={cluster.run_directory / 'spool'}",
        "",
        f"[{cluster.stanza}]",
        f"pg1-path={cluster.data_directory}",
        f"pg1-port={cluster.port}",
        f"pg1-socket-path={cluster.run_directory}",
        "pg1-user=postgres",
    ]
    write_readable(cluster.backup_config, "\n".join(lines) + "\n")


def take_backup(cluster: Cluster, kind: str = "incr") -> str:
    """Take a backup now, with its manifest, and return its label.

    Args:
        cluster: what is backed up.
        kind: `full`, `diff` or `incr`.

    Raises:
        CleoError: pgBackRest failed, or another backup is running.
    """
    return cluster.run(["sh", "bin/backup.sh", kind], timeout=3600).strip().splitlines()[-1]


def list_backups(cluster: Cluster) -> list[dict[str, Any]]:
    """The repository's backups as pgBackRest describes them, oldest first."""
    stanzas = json.loads(cluster.pgbackrest("--output=json", "info", timeout=60))
    return list(stanzas[0].get("backup", [])) if stanzas else []
