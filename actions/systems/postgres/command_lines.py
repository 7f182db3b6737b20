"""Command lines of PostgreSQL's own programs, from the inventory alone: what actions run, and what a person types."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath

from actions.by_hand import CommandLine
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.tls import tls_environment

LOCK_OPTIONS = "-c lock_timeout=3s"
"""A lock is waited for 3 s: what stays behind one was not checked, and is not corrupt."""

_QUIT_UNIT = 'systemctl kill --signal=QUIT "$1"; systemctl stop "$1"'
"""Killed alone, a unit with ``Restart=`` would come back."""


def program(settings: PostgresSettings, name: str) -> str:
    """Return the path of one of PostgreSQL's programs."""
    return str(PurePosixPath(settings.bin_directory) / name) if settings.bin_directory else name


def as_server(settings: PostgresSettings, *argv: str, what: str = "") -> CommandLine:
    """Return a program that runs on the server's host as the server's account."""
    return CommandLine(argv=argv, what=what, host=settings.host, user=settings.run_as)


def as_client(settings: PostgresSettings, *argv: str, what: str = "") -> CommandLine:
    """Return a program that talks to the server, on its host as its account."""
    env = tls_environment(settings)
    return CommandLine(argv=argv, what=what, host=settings.host, user=settings.run_as, env=env)


def psql_words(settings: PostgresSettings) -> list[str]:
    """Return what begins every query to the server, as our user."""
    where = ["-h", settings.address, "-p", str(settings.port), "-U", settings.user, "-d", settings.database]
    return [program(settings, "psql"), "-X", *where]


def start_line(settings: PostgresSettings, config: str) -> CommandLine:
    """Return what launches the server, and does not wait until it is up.

    Args:
        settings: the server.
        config: where ``postgresql.conf`` lies outside of the data directory; empty: inside.
    """
    service, data = settings.service, settings.data_directory.rstrip("/")
    if service.manager == "systemd":
        return CommandLine(argv=["systemctl", "start", "--no-block", service.unit], host=settings.host)
    if service.manager == "pg_ctlcluster":
        cluster = [service.version, service.cluster]
        return as_server(settings, "pg_ctlcluster", "--skip-systemctl-redirect", *cluster, "start", "--", "-W")
    options = ["-o", shlex.join(["-c", f"config_file={config}"])] if config else []
    log = service.log or "/dev/null"
    return as_server(settings, program(settings, "pg_ctl"), "-D", data, *options, "-l", log, "-W", "-s", "start")


def stop_line(settings: PostgresSettings, *, immediate: bool, timeout_s: float, unit: str = "") -> CommandLine:
    """Return what asks the service manager to stop the server.

    Args:
        settings: the server.
        immediate: do not wait for sessions and a checkpoint.
        timeout_s: seconds that ``pg_ctl`` waits.
        unit: the systemd unit that it lies in, where that is another than the inventory says.
    """
    service, mode = settings.service, "immediate" if immediate else "fast"
    if unit or service.manager == "systemd":
        name = unit or service.unit
        argv = ["sh", "-c", _QUIT_UNIT, "sh", name] if immediate else ["systemctl", "stop", name]
        return CommandLine(argv=argv, host=settings.host)
    if service.manager == "pg_ctlcluster":
        cluster = [service.version, service.cluster]
        return as_server(settings, "pg_ctlcluster", "--skip-systemctl-redirect", "-m", mode, *cluster, "stop")
    waits = ["-t", str(int(timeout_s)), "-s", "stop"]
    data = settings.data_directory.rstrip("/")
    return as_server(settings, program(settings, "pg_ctl"), "-D", data, "-m", mode, *waits)


def amcheck_line(settings: PostgresSettings, *options: str) -> CommandLine:
    """Return what checks the structure of every table and index. Its password, if it needs one, is not in it."""
    where = [f"--host={settings.address}", f"--port={settings.port}", f"--username={settings.user}", "--no-password"]
    argv = [program(settings, "pg_amcheck"), *where, "--all", "--jobs=2", "--heapallindexed", *options]
    return CommandLine(
        argv=argv,
        host=settings.host,
        user=settings.run_as,
        env={"PGOPTIONS": LOCK_OPTIONS, **tls_environment(settings)},
    )


def controldata_line(settings: PostgresSettings) -> CommandLine:
    """Return what reads the control file: the state that the data was left in."""
    return as_server(settings, program(settings, "pg_controldata"), "-D", settings.data_directory.rstrip("/"))
