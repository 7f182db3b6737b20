"""The lab's PostgreSQL: made, configured, filled, started and stopped."""

from __future__ import annotations

import os
import random
import secrets
import socket
from pathlib import Path

from cleo_console.lab import processes
from cleo_console.lab.site import DATABASE, Site
from journal.errors import CleoError

SCRIPTS = Path(__file__).parent / "scripts"
SMALL_BYTES = 15_000_000
"""What a database of scale 1 takes on disk (measured): the unit that `--size` is divided by."""

UNLOGGED_LOAD = "-c archive_mode=off -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=8GB"
"""While the rows are loaded nothing is worth archiving: the first backup comes after."""


def free_port() -> int:
    """A free port on 127.0.0.1, below the range the kernel gives to outgoing connections.

    Raises:
        CleoError: none was found.
    """
    for port in random.sample(range(20_000, 32_000), 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise CleoError("No free port was found on 127.0.0.1.", "See what listens there: ss -ltn")


def create(site: Site, scale: float) -> None:
    """Make the data directory, load the tables, and leave the server stopped."""
    initdb = [site.programs.server("initdb"), "--pgdata", str(site.data_directory), "--username=postgres"]
    site.run([*initdb, "--data-checksums", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--auth=trust"])
    _configure(site)
    start(site, options=UNLOGGED_LOAD)
    _create_roles(site)
    _load_tables(site, scale)
    stop(site)


def start(site: Site, options: str = "") -> None:
    """Start the server and wait until it takes connections.

    Raises:
        CleoError: it did not start.
    """
    start_options = ["-o", options] if options else []
    site.run([*_pg_ctl(site), "-l", str(site.log("postgres")), *start_options, "-w", "-t", "120", "start"], timeout=130)


def stop(site: Site) -> None:
    """Stop the server cleanly: sessions are ended, a checkpoint is written.

    Raises:
        CleoError: it did not stop.
    """
    site.run([*_pg_ctl(site), "-m", "fast", "-w", "-t", "120", "stop"], timeout=130)


def is_running(site: Site) -> bool:
    """Whether a server has the lab's data directory open."""
    return processes.postmaster(site.data_directory) is not None


def _pg_ctl(site: Site) -> list[str]:
    return [site.programs.server("pg_ctl"), "-D", str(site.data_directory), "-s"]


def _configure(site: Site) -> None:
    """Add the lab's settings. Those about shared memory keep a killed server from leaving files in /dev/shm."""
    archive = f"{site.programs.pgbackrest} --config={site.backup_config} --stanza={DATABASE} archive-push %p"
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(site.port),
        "unix_socket_directories": str(site.run_directory),
        "unix_socket_permissions": "0700",
        "dynamic_shared_memory_type": "mmap",
        "max_connections": "60",
        "shared_buffers": "64MB",
        "archive_mode": "on",
        "archive_command": archive,
        "archive_timeout": "60",
        "track_commit_timestamp": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d ",
    }
    text = "\n# The lab's own settings\n" + "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    with (site.data_directory / "postgresql.conf").open("a") as file:
        file.write(text)
    # The socket's folder lets in nobody but the lab's account (and root); over TCP a password is asked for.
    rules = "local all all trust\nlocal replication all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    (site.data_directory / "pg_hba.conf").write_text(rules)


def _create_roles(site: Site) -> None:
    """The application's role, and the console's: a superuser, for amcheck and for restoring other roles' tables."""
    console, application = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    site.psql(
        f"CREATE ROLE cleo_app LOGIN PASSWORD '{application}';"
        f"CREATE ROLE cleo LOGIN SUPERUSER PASSWORD '{console}';"
        f"CREATE DATABASE {DATABASE} OWNER cleo_app;",
        database="postgres",
    )
    write_secret(site.directory / "secrets" / "cleo", console, os.geteuid(), os.getegid())
    entry = f"127.0.0.1:{site.port}:{DATABASE}:cleo_app:{application}"
    write_secret(site.app_password_file, entry, site.account.uid, site.account.gid)


def write_secret(path: Path, text: str, uid: int, gid: int) -> None:
    """Write a file that from its first moment nobody but its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchown(descriptor, uid, gid)
        file.write(f"{text}\n")


def _load_tables(site: Site, scale: float) -> None:
    load = "".join((SCRIPTS / name).read_text() for name in ("tables.sql", "rows.sql"))
    sql = f"\\set scale {scale:.6f}\nBEGIN;\nSET LOCAL ROLE cleo_app;\n{load}\nCOMMIT;\nVACUUM ANALYZE;\n"
    site.psql(sql, timeout=3600)
