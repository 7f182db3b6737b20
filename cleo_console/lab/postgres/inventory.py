"""What the inventory says of a cluster: what the console needs to reach it, and nothing the lab does not own."""

from __future__ import annotations

import sys
from typing import Any

from cleo_console.lab.new_secrets import login
from cleo_console.lab.postgres.cluster import DATABASE, Cluster
from cleo_console.lab.postgres.configuration import REPLICATION_ROLE


def describe(cluster: Cluster, title: str) -> dict[str, Any]:
    """The cluster's entry as data; secrets are only referred to."""
    return {
        "host": cluster.station.host,
        "title": title,
        "data_directory": str(cluster.data_directory),
        "bin_directory": str(cluster.programs.bin_directory),
        "run_as": cluster.account.name,
        "address": cluster.station.address,
        "port": cluster.port,
        "database": DATABASE,
        "user": "cleo",
        "password": {"file": str(cluster.console_password_file)},
        "service": {"manager": "pg_ctl", "log": str(cluster.server_log)},
        "app_roles": ["cleo_app"],
        "logins": [login("cleo_app", cluster.app_secret_file)],
        "accounts": [REPLICATION_ROLE],
        "heartbeat": "public.heartbeat",
        "backups": {
            "config": str(cluster.backup_config),
            "stanza": cluster.stanza,
            "repository": str(cluster.repository),
            "manifests": str(cluster.manifests),
            "hold_file": str(cluster.hold_file),
            **({"python": sys.executable} if cluster.station.namespace else {}),
        },
        **({"config_file": str(cluster.own_settings)} if cluster.cold else {}),
    }
