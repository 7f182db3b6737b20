"""What a running PostgreSQL says of its own next start, and of its archive: it serves on, whatever is wrong there."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Iterator
from datetime import UTC
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from actions.machine.certificate import Shown
from actions.readiness.certificates import certificate_finding
from actions.readiness.server_files import look_at_files
from actions.readiness.versions import look_at_version
from actions.systems.postgres.pgbackrest.command import command
from actions.systems.postgres.pgbackrest.options import options
from actions.systems.postgres.server import Server
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding

if TYPE_CHECKING:
    import psycopg

_NAMES = ("server_version", "config_file", "hba_file", "data_directory", "ssl", "ssl_cert_file")
_MORE = ("ssl_key_file", "ssl_ca_file", "archive_mode", "archive_command", "archive_library")
_SETTINGS = "SELECT name, coalesce(setting, '') FROM pg_settings WHERE name = ANY(%s)"
_ARCHIVER = """
    SELECT last_failed_wal, last_failed_time, last_archived_time, pg_is_in_recovery(),
           last_failed_time > coalesce(last_archived_time, '-infinity')
    FROM pg_stat_archiver
"""
_TLS = bytes([0, 0, 0, 8, 4, 210, 22, 47])
"""The request with which a session of PostgreSQL's becomes one by TLS."""
_MEND = "See what it prints (the server's log), mend it, then look again: SELECT * FROM pg_stat_archiver."
_BY_LOG = ("backups.take", "postgres.apply_wal")


def look_at_server(session: psycopg.Connection[Any], server: Server) -> Iterator[ReadyFinding]:
    """Yield what was found of a server's files, program, certificate and archive."""
    wanted = [*_NAMES, *_MORE]
    said = {str(name): str(value) for name, value in session.execute(_SETTINGS, [wanted]).fetchall()}
    if "config_file" not in said:  # hidden from whoever may not look
        words = "our user may not read which files it starts from"
        cure = "Let one run: GRANT pg_monitor TO … (or name a superuser in the inventory)."
        about = f"files that {server.name} starts from"
        yield ReadyFinding(about=about, state="not measured", words=words, cure=cure, systems=[server.name])
        return
    tls = said["ssl"] == "on"
    files = {"config_file": "postgresql.conf", "hba_file": "pg_hba.conf"}
    files |= {"ssl_cert_file": "certificate", "ssl_key_file": "key", "ssl_ca_file": "CA"} if tls else {}
    named = {_whole(said, name): what for name, what in files.items() if said.get(name)}
    yield from look_at_files(server, named, server.name)
    yield look_at_version(server, server.program("postgres"), said["server_version"].split()[0], server.name, counts=1)
    if tls:
        settings, path = server.settings, _whole(said, "ssl_cert_file")
        shown = Shown(settings.address, settings.port, settings.tls_certificate_file, _ask_for_tls)
        yield certificate_finding(server, path, f"certificate of {server.name}", server.name, shown)
    yield from _archive(session, server, said)
    yield from _stopped(server)


def _whole(said: dict[str, str], name: str) -> str:
    """Return a file's path: a relative one is meant from the data directory."""
    return str(PurePosixPath(said["data_directory"]) / said[name])


def _ask_for_tls(plain: socket.socket) -> None:
    """Ask for TLS before it begins.

    Raises:
        OSError: the server talks none.
    """
    plain.sendall(_TLS)
    if plain.recv(1) != b"S":
        raise OSError("it talks no TLS")


def _archive(session: psycopg.Connection[Any], server: Server, said: dict[str, str]) -> Iterator[ReadyFinding]:
    """Yield whether what is committed gets into the archive: without it, a backup leads to its own end alone."""
    row = session.execute(_ARCHIVER).fetchone()
    if row is None or row[3]:  # a standby archives nothing
        return
    segment, failed_at, done_at, _, failing = row
    about, words, cure = f"log archive of {server.name}", "", _MEND
    if said.get("archive_mode") == "off":
        words, cure = "archive_mode is off", "Set archive_mode = on and archive_command, then restart the server."
    elif not said.get("archive_command") and not said.get("archive_library"):
        words = "archive_command is empty: log is kept here, and goes nowhere"
        cure = "Set it, then: SELECT pg_reload_conf()."
    elif failing:
        words = f"archive_command failed last at {failed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, with {segment}"
    if words:
        words += ": what is committed now is in no backup"
        yield ReadyFinding(about=about, state="wrong", words=words, cure=cure, systems=[server.name], stops=False)
        return
    when = f", the last time at {done_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if done_at else ""
    words = f"archive_command succeeds{when}" if done_at else "nothing was archived yet since its statistics began"
    yield ReadyFinding(
        about=about, state="ok" if done_at else "not measured", words=words, systems=[server.name], stops=False
    )


def _stopped(server: Server) -> Iterator[ReadyFinding]:
    """Yield that somebody stopped pgBackRest (`pgbackrest stop`), and nobody started it again: it archives nothing."""
    about, stanza = f"pgBackRest of {server.name}", server.settings.backups.stanza
    try:
        folder = options(server).get("lock-path", "/tmp/pgbackrest")  # its own default
        files = [f"{folder}/{name}.stop" for name in (stanza, "all")]
        held = [path for path in files if server.exists(path)]
    except CleoError as error:
        words, cure = error.message, error.hint
        yield ReadyFinding(about=about, state="not measured", words=words, cure=cure, systems=[server.name])
        return
    if held:
        words = f"it was stopped ({held[0]}): it takes no backup, and neither gives nor takes log"
        cure = f"Where that is over, as {server.account}: {shlex.join(command(server, 'start'))}"
        yield ReadyFinding(about=about, state="wrong", words=words, cure=cure, systems=[server.name], actions=_BY_LOG)
