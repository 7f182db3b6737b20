"""The settings of a lab's servers."""

from __future__ import annotations

from collections.abc import Mapping

from cleo_console.lab.postgres.cluster import Cluster

REPLICATION_ROLE = "replicator"

COMMON = {
    "unix_socket_permissions": "0700",
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "archive_mode": "on",
    "archive_timeout": "60",
    "max_slot_wal_keep_size": "1GB",
    "track_commit_timestamp": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
"""What a primary and its standby share. The type of shared memory keeps a killed server from leaving files in
/dev/shm; the limit of a replication slot keeps a standby that is gone from filling the disk."""

RULES = f"""\
local all all trust
local replication all trust
host all all 127.0.0.1/32 scram-sha-256
host replication {REPLICATION_ROLE} 127.0.0.1/32 scram-sha-256
"""
REACHED = f"""\
host all all {{network}} scram-sha-256
host replication {REPLICATION_ROLE} {{network}} scram-sha-256
"""
"""The socket's folder lets in nobody but the lab's account (and root); over TCP a password is asked for."""


def configure_primary(cluster: Cluster) -> None:
    """Add the lab's settings to a new data directory, and say who may connect."""
    _append(cluster, {**COMMON, **_own(cluster)})
    network = cluster.station.network
    rules = RULES + (REACHED.format(network=network) if network else "")
    (cluster.data_directory / "pg_hba.conf").write_text(rules)


def configure_standby(cluster: Cluster, connection: str, slot: str) -> None:
    """Change the settings in a copy of a primary's data directory to those of its standby.

    Args:
        cluster: the standby.
        connection: how it reaches its primary, as `primary_conninfo` has it.
        slot: the replication slot that keeps for it what it has not received yet.
    """
    _append(cluster, {**_own(cluster), "primary_conninfo": connection, "primary_slot_name": slot})


def configure_cold(cluster: Cluster) -> None:
    """Write the settings of a cold standby, and who may connect, as they lie on a host that is prepared."""
    hba = cluster.own_settings.with_name("pg_hba.conf")
    hba.write_text(RULES + REACHED.format(network=cluster.station.network))
    named = {"data_directory": str(cluster.data_directory), "hba_file": str(hba)}
    lines = [f"{name} = '{value}'" for name, value in {**COMMON, **_own(cluster), **named}.items()]
    cluster.own_settings.write_text("\n".join(lines) + "\n")


def _own(cluster: Cluster) -> dict[str, str]:
    pgbackrest = f"{cluster.programs.pgbackrest} --config={cluster.backup_config} --stanza={cluster.stanza}"
    reached = cluster.station.reaches_repository
    return {
        "listen_addresses": ",".join(dict.fromkeys(("127.0.0.1", cluster.station.address))),
        "port": str(cluster.port),
        "unix_socket_directories": str(cluster.run_directory),
        "archive_command": f"{reached}{' && ' if reached else ''}{pgbackrest} archive-push %p",
    }


def _append(cluster: Cluster, settings: Mapping[str, str]) -> None:
    text = f"\n# {cluster.name} in the lab\n" + "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    with (cluster.data_directory / "postgresql.conf").open("a") as file:
        file.write(text)
