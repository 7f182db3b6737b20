"""Finds incomplete files among those that the actions write."""

from __future__ import annotations

import json

from cleo_console.lab.postgres.cluster import Cluster


def half_files(cluster: Cluster) -> list[str]:
    """Return the files that are not whole."""
    data = cluster.data_directory
    record = data.with_name(f"{data.name}.cleo-restore.json")
    wrong = []
    for path, mark in (
        (cluster.backup_config, "[cleoai]"),
        (data / "pg_hba.conf", "local all all"),
        (data / "postgresql.auto.conf", "# Do not edit"),
    ):
        if path.exists() and mark not in path.read_text():
            wrong.append(f"{path.name} is not whole")
    if record.exists():
        try:
            json.loads(record.read_text())
        except ValueError:
            wrong.append(f"{record.name} is not whole")
    return wrong
