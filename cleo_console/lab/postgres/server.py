"""A cluster's server: made, configured, filled, started and stopped."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cleo_console.lab.postgres.cluster import DATABASE, Cluster
from cleo_console.lab.postgres.postmaster import postmaster
from cleo_console.lab.workspace import write_secret

SCRIPTS = Path(__file__).parent / "scripts"
SMALL_BYTES = 15_000_000
"""What a database of scale 1 takes on disk (measured): the unit that `--size` is divided by."""

UNLOGGED_LOAD = "-c archive_mode=off -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=8GB"
"""While the rows are loaded nothing is worth archiving: the first backup comes after."""


def create(cluster: Cluster, scale: float) -> None:
    """Make the data directory, load the tables, and leave the server stopped."""
    initdb = [cluster.programs.server("initdb"), "--pgdata", str(cluster.data_directory), "--username=postgres"]
    cluster.run([*initdb, "--data-checksums", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--auth=trust"])
    _configure(cluster)
    start(cluster, options=UNLOGGED_LOAD)
    _create_roles(cluster)
    _load_tables(cluster, scale)
    stop(cluster)


def start(cluster: Cluster, options: str = "") -> None:
    """Start the server and wait until it takes connections.

    Raises:
        CleoError: it did not start.
    """
    how = ["-l", str(cluster.server_log), *(["-o", options] if options else []), "-w", "-t", "120"]
    cluster.run([*_pg_ctl(cluster), *how, "start"], timeout=130)


def stop(cluster: Cluster) -> None:
    """Stop the server cleanly: sessions are ended, a checkpoint is written.

    Raises:
        CleoError: it did not stop.
    """
    cluster.run([*_pg_ctl(cluster), "-m", "fast", "-w", "-t", "120", "stop"], timeout=130)


def is_running(cluster: Cluster) -> bool:
    """Whether a server has the cluster's data directory open."""
    return postmaster(cluster.data_directory) is not None


def _pg_ctl(cluster: Cluster) -> list[str]:
    return [cluster.programs.server("pg_ctl"), "-D", str(cluster.data_directory), "-s"]


def _configure(cluster: Cluster) -> None:
    """Add the lab's settings. Those about shared memory keep a killed server from leaving files in /dev/shm."""
    pgbackrest = f"{cluster.programs.pgbackrest} --config={cluster.backup_config} --stanza={cluster.stanza}"
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(cluster.port),
        "unix_socket_directories": str(cluster.run_directory),
        "unix_socket_permissions": "0700",
        "dynamic_shared_memory_type": "mmap",
        "max_connections": "60",
        "shared_buffers": "64MB",
        "archive_mode": "on",
        "archive_command": f"{pgbackrest} archive-push %p",
        "archive_timeout": "60",
        "track_commit_timestamp": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d ",
    }
    text = "\n# The lab's own settings\n" + "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    with (cluster.data_directory / "postgresql.conf").open("a") as file:
        file.write(text)
    # The socket's folder lets in nobody but the lab's account (and root); over TCP a password is asked for.
    rules = "local all all trust\nlocal replication all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    (cluster.data_directory / "pg_hba.conf").write_text(rules)


def _create_roles(cluster: Cluster) -> None:
    """The application's role, and the console's: a superuser, for amcheck and for restoring other roles' tables."""
    console, application = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    cluster.psql(
        f"CREATE ROLE cleo_app LOGIN PASSWORD '{application}';"
        f"CREATE ROLE cleo LOGIN SUPERUSER PASSWORD '{console}';"
        f"CREATE DATABASE {DATABASE} OWNER cleo_app;",
        database="postgres",
    )
    write_secret(cluster.secrets / "cleo", console, os.geteuid(), os.getegid())
    entry = f"127.0.0.1:{cluster.port}:{DATABASE}:cleo_app:{application}"
    write_secret(cluster.app_password_file, entry, cluster.account.uid, cluster.account.gid)


def _load_tables(cluster: Cluster, scale: float) -> None:
    load = "".join((SCRIPTS / name).read_text() for name in ("tables.sql", "rows.sql"))
    sql = f"\\set scale {scale:.6f}\nBEGIN;\nSET LOCAL ROLE cleo_app;\n{load}\nCOMMIT;\nVACUUM ANALYZE;\n"
    cluster.psql(sql, timeout=3600)
