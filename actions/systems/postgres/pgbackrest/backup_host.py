"""The host on which pgBackRest takes backups: the server's own, or a repository host."""

from __future__ import annotations

from threading import Lock

import msgspec

from actions.outcome import ActionFailed
from actions.systems.postgres.pgbackrest.options import options
from actions.systems.postgres.server import Server
from actions.systems.postgres.settings import PostgresSettings

_CHANGING: dict[str, Lock] = {}


def host_lock(server: Server) -> Lock:
    """Return the lock to hold while a file on a server's host is changed.

    Runs at several servers go on at once, and a repository host may keep one hold file and one configuration for all.
    """
    return _CHANGING.setdefault(server.settings.host, Lock())


def backup_host(server: Server) -> Server:
    """Return the server as the host that keeps its backups sees it: there pgBackRest takes, verifies and expires them.

    On the server's host it restores, fetches and pushes log; to list and to read, either does.
    """
    if not server.settings.backups.host:
        return server
    return Server(server.ctx, server.name, settings_there(server.settings))


def settings_there(settings: PostgresSettings) -> PostgresSettings:
    """Return the inventory's entry as the host that keeps the backups has it."""
    backups = settings.backups
    if not backups.host:
        return settings
    there = msgspec.structs.replace(backups, config=backups.host_config, config_include=backups.host_config_include)
    return msgspec.structs.replace(settings, host=backups.host, run_as=backups.run_as, backups=there)


def require_reached(server: Server, repository: int, done: str) -> None:
    """Go on only where the backup host of a repository can be reached: ``done`` says what is done only there.

    Raises:
        ActionFailed: it lies on a host that the inventory does not name.
    """
    named = server.settings.backups.host
    if not named and (where := options(server).get(f"repo{repository}-host", "")):
        raise ActionFailed(
            f"Repository {repository} lies on {where}, and {done} only there.",
            "Name that host in the inventory (backups: host, host_config, run_as).",
        )
