"""A cluster's server: made, configured, filled, started and stopped."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cleo_console.lab.postgres.cluster import DATABASE, Cluster
from cleo_console.lab.postgres.configuration import REPLICATION_ROLE, configure_primary
from cleo_console.lab.postgres.postmaster import postmaster
from cleo_console.lab.workspace import write_secret
from journal.errors import CleoError

SCRIPTS = Path(__file__).parent / "scripts"
SMALL_BYTES = 15_000_000
"""What a database of scale 1 takes on disk (measured): the unit that `--size` is divided by."""

RECOVER = "Recover it first, or start over with `cleo lab down`."

UNLOGGED_LOAD = "-c archive_mode=off -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=8GB"
"""While the rows are loaded nothing is worth archiving: the first backup comes after."""


def create(cluster: Cluster, scale: float) -> None:
    """Make the data directory, load the tables, and leave the server stopped."""
    initdb = [cluster.programs.server("initdb"), "--pgdata", str(cluster.data_directory), "--username=postgres"]
    cluster.run([*initdb, "--data-checksums", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--auth=trust"])
    configure_primary(cluster)
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


def require_running(cluster: Cluster) -> None:
    """Refuse what needs a server that runs.

    Raises:
        CleoError: it does not.
    """
    if not is_running(cluster):
        raise CleoError(f"{cluster.name} does not run in the lab.", RECOVER)


def _pg_ctl(cluster: Cluster) -> list[str]:
    return [cluster.programs.server("pg_ctl"), "-D", str(cluster.data_directory), "-s"]


def _create_roles(cluster: Cluster) -> None:
    """The roles of the application, of standbys, and of the console.

    The console's is a superuser, for amcheck and for restoring other roles' tables.
    """
    console, application, replication = (secrets.token_urlsafe(24) for _ in range(3))
    cluster.psql(
        f"CREATE ROLE cleo_app LOGIN PASSWORD '{application}';"
        f"CREATE ROLE {REPLICATION_ROLE} LOGIN REPLICATION PASSWORD '{replication}';"
        f"CREATE ROLE cleo LOGIN SUPERUSER PASSWORD '{console}';"
        f"CREATE DATABASE {DATABASE} OWNER cleo_app;",
        database="postgres",
    )
    write_secret(cluster.console_password_file, console, os.geteuid(), os.getegid())
    here, uid, gid = served(cluster), cluster.account.uid, cluster.account.gid
    write_secret(cluster.app_password_file, f"{here}:{DATABASE}:cleo_app:{application}", uid, gid)
    write_secret(cluster.replication_password_file, f"*:*:*:{REPLICATION_ROLE}:{replication}", uid, gid)
    write_secret(cluster.app_secret_file, application, os.geteuid(), os.getegid())


def served(cluster: Cluster) -> str:
    """Where its passwords are good for: of a cluster with two sites at its standby, too."""
    return "*:*" if cluster.station.network else f"127.0.0.1:{cluster.port}"


def _load_tables(cluster: Cluster, scale: float) -> None:
    load = "".join((SCRIPTS / name).read_text() for name in ("tables.sql", "rows.sql"))
    sql = f"\\set scale {scale:.6f}\nBEGIN;\nSET LOCAL ROLE cleo_app;\n{load}\nCOMMIT;\nVACUUM ANALYZE;\n"
    cluster.psql(sql, timeout=3600)
