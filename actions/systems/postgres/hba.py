"""Locates the server's ``pg_hba.conf``, and adds or removes the block that rejects the application's roles.

Debian keeps it under ``/etc``, and ``hba_file`` may name any place: the server is asked, or its own program where it is
down. What merely lies in the data directory may be a file that nobody reads.
"""

from __future__ import annotations

import re

from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.server import Server
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.verified_connection import connect_verified

FACT = "hba_file"
"""What ``postgres.stop_writers`` reports: where a server that was asked reads it."""

BEGIN = "# cleo: the application's roles are kept out until `postgres.allow_writers` (begin)"
END = "# cleo: (end)"
_BLOCK = re.compile(rf"^{re.escape(BEGIN)}\n.*?^{re.escape(END)}\n", re.MULTILINE | re.DOTALL)
_UNIT = re.compile(r"postgresql@([\d.]+)-(.+?)(?:\.service)?")
_WRITABLE = 'test -w "$1" && test -w "$(dirname "$1")"'
_IN_DATA = "pg_hba.conf"


def hba_file(server: Server) -> str:
    """Return the path of the ``pg_hba.conf`` that counts, its links followed; empty where there is none."""
    return _real(server, _named(server) or _guessed(server))


def config_file(server: Server) -> str:
    """Return where ``postgresql.conf`` lies outside of the data directory; empty where it lies inside."""
    service = server.settings.service
    if server.settings.config_file:
        return server.settings.config_file
    unit = _UNIT.fullmatch(service.unit)
    version, cluster = unit.groups() if unit else (service.version, service.cluster)
    place = f"/etc/postgresql/{version}/{cluster}"
    if not cluster and not server.exists(f"{server.data}/postgresql.conf"):
        place = server.data.replace("/var/lib/postgresql/", "/etc/postgresql/")
    path = f"{place}/postgresql.conf"
    return path if place.startswith("/etc/") and server.exists(path) else ""


def is_barred(server: Server, hba: str) -> bool:
    """Whether the block stands in this file."""
    return BEGIN in (server.read(hba) or "")


def block_of(settings: PostgresSettings) -> str:
    """Return the block: lines that reject the application's roles and their members."""
    who = ",".join(f"{_quoted(role)},{_quoted('+' + role, 1)}" for role in settings.app_roles)
    lines = [f"{kind} {what} {who}{' all' * (kind == 'host')} reject" for kind, what in _KINDS]
    return "\n".join([BEGIN, *lines, END]) + "\n"


def bar(server: Server, hba: str) -> None:
    """Put the block at the top of the file; once is enough. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: it cannot be written.
    """
    block = block_of(server.settings)
    text = server.read(hba) or ""
    if not text.startswith(block):
        server.write(hba, block + _BLOCK.sub("", text), require_writable(server, hba))


_KINDS = [("local", "all"), ("local", "replication"), ("host", "all"), ("host", "replication")]
"""``all`` does not mean replication."""


def unbar(server: Server, hba: str) -> None:
    """Take the block away. Call it only where ``effect`` said True."""
    server.write(hba, _BLOCK.sub("", server.read(hba) or ""), require_writable(server, hba))


def barred_files(server: Server) -> list[str]:
    """Return the files in which the block stands: the one that counts, and any that counted before."""
    hba = hba_file(server)
    known = [hba, *(_real(server, path) for path in (*_facts(server), f"{server.data}/{_IN_DATA}"))]
    return [path for path in dict.fromkeys(known) if path and is_barred(server, path)]


def require_writable(server: Server, hba: str) -> str:
    """Return the account that may replace the file: the server's, else our own (empty).

    Raises:
        ActionFailed: neither may.
    """
    for account in (server.settings.run_as, ""):
        done = server.ctx.query(server.settings.host, ["sh", "-c", _WRITABLE, "sh", hba], user=account)
        if done.code == 0:
            return account
    who = server.settings.run_as or "our account"
    raise ActionFailed(
        f"{hba} cannot be written by {who}: nobody could be kept out of {server.name}.",
        f"Let {who} write that file and its folder.",
    )


def require_hba(server: Server, backup: str, in_backup: bool | None, named_in_backup: str) -> None:
    """Before a restore: whoever is to be kept out afterwards needs a ``pg_hba.conf``, and so does the start.

    Args:
        server: the server.
        backup: the label of the set that will be restored.
        in_backup: whether that holds one; None where nobody can tell.
        named_in_backup: where the settings in it say that it is; empty where they say nothing.

    Raises:
        ActionFailed: there will be none, or it cannot be written.
    """
    inside = f"{server.data}/"
    known = next((path for path in (named_in_backup, _named(server), _guessed(server)) if path), f"{inside}{_IN_DATA}")
    if known.startswith(inside):
        if in_backup is False:
            raise ActionFailed(
                f"Backup {backup} holds no pg_hba.conf, and none is known outside of the data directory: the restored "
                "server could not be started, and nobody could be kept out of it.",
                "Say where postgresql.conf is (config_file: at this system in the inventory), or take another backup.",
            )
        return
    if not server.exists(known):
        raise ActionFailed(
            f"{server.name} reads {known}, which is lost, and no backup brings it: it is not in the data directory.",
            "Bring it back first (from configuration management, or from another server of this kind).",
        )
    require_writable(server, known)
    server.ctx.log(f"{known} lies outside of the data directory: a restore leaves it as it is.")


def _real(server: Server, path: str) -> str:
    """Return the file behind a path and its links; empty where there is none."""
    done = server.query(["readlink", "-e", path]) if path else None
    return done.out.rstrip("\n") if done and done.code == 0 else ""


def _quoted(name: str, keep: int = 0) -> str:
    return f'{name[:keep]}"{name[keep:].replace(chr(34), chr(34) * 2)}"'


def _named(server: Server) -> str:
    """The path that the server names, or its program does from its configuration; empty where neither can."""
    if postmaster(server):
        try:
            with connect_verified(server, deadline_s=5) as session:
                row = session.execute("SHOW hba_file").fetchone()
                return str(row[0]) if row else ""
        except CannotConnect as error:
            server.ctx.log(f"The server cannot be asked where its pg_hba.conf is: {error.message}", "err")
    config = config_file(server)
    options = ["-c", f"config_file={config}"] if config else []
    if not config and not server.exists(f"{server.data}/postgresql.conf"):
        return ""
    done = server.query([server.program("postgres"), "-C", "hba_file", "-D", server.data, *options])
    if done.code == 0:
        return done.out.strip().splitlines()[-1]
    server.ctx.log(f"Its configuration does not say where pg_hba.conf is: {last_words(done)}", "err")
    return ""


def _guessed(server: Server) -> str:
    """Where it was when the server was asked in this incident, else beside the data, else in Debian's place."""
    paths = [*_facts(server), f"{server.data}/{_IN_DATA}"]
    if "/var/lib/postgresql/" in server.data:
        paths.append(f"{server.data.replace('/var/lib/postgresql/', '/etc/postgresql/')}/{_IN_DATA}")
    return next((path for path in paths if server.exists(path)), "")


def _facts(server: Server) -> list[str]:
    return [str(facts[FACT]) for facts in server.ctx.incident.facts.values() if facts.get(FACT)]
