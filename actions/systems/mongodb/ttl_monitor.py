"""Keeps the TTL monitor off while data is restored and until it was verified, across restarts too.

Documents whose time is over go within a minute of the server being primary: with the monitor on, they vanish from
restored data before anybody has counted them, and an oplog that is replayed no longer fits. At runtime the parameter is
forgotten by a restart; in the configuration file whoever restarts the server keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator

from actions.outcome import ActionFailed
from actions.systems.mongodb.config_file import find_config_file, with_ttl_off, without_ttl_off
from actions.systems.mongodb.server import Server, server_of
from actions.systems.mongodb.settings import MongodbSettings
from actions.systems.mongodb.verified_connection import connect_verified
from actions.transport import NOT_REACHED


def keep_ttl_off(server: Server) -> None:
    """Keep the TTL monitor off at the server and the members of its set that the inventory has, from now on.

    Call it only where ``effect`` said True; again does no harm. Who runs is told at once, who is down at its start.

    Raises:
        ActionFailed: it is not known where a configuration file lies, or it cannot be written.
        CannotEdit: a file is written in a way in which nothing can be added to it.
        CannotConnect: a server that runs cannot be told.
    """
    for each, path, text in _members_reached(server, "it is on at its next start"):
        if text is None:
            raise ActionFailed(f"{each.name}'s configuration file {path} is not there.", "Bring it back, then go on.")
        _replace(each, path, text, with_ttl_off(text, path))
        _tell(each, enabled=False)


def let_ttl_on(server: Server) -> None:
    """Take back what `keep_ttl_off` did, in the files first. A file that had it off before keeps it off.

    Call it only where ``effect`` said True; again does no harm.

    Raises:
        ActionFailed, CannotConnect: as for `keep_ttl_off`.
    """
    for each, path, text in _members_reached(server, "where it was kept off, it stays off"):
        if text is not None:
            _replace(each, path, text, without_ttl_off(text))
        kept = text is not None and with_ttl_off(without_ttl_off(text), path) == without_ttl_off(text)
        _tell(each, enabled=not kept)


def is_ttl_kept_off(server: Server) -> bool:
    """Whether `keep_ttl_off` is in force in the server's configuration file.

    Raises:
        ActionFailed: the file cannot be found or read.
    """
    text = server.read(_file(server)) or ""
    return text != without_ttl_off(text)


def members_of(server: Server) -> Iterator[Server]:
    """Yield the server and the others of its set that the inventory has: any of them may become primary.

    What stands by cold is in no set.
    """
    yield server
    first = _first_of(server, server.name)
    for name, settings in server.ctx.inventory.systems.items():
        ours = isinstance(settings, MongodbSettings) and not settings.cold and name != server.name
        if ours and _first_of(server, name) == first:
            yield server_of(server.ctx, name)


def _members_reached(server: Server, otherwise: str) -> Iterator[tuple[Server, str, str | None]]:
    """Yield the same, each with its configuration file's path and text; of another one that is not reached it is said.

    Such a one is in no set with the server: after a restore that is alone in its set until others copy from it.
    """
    for each in members_of(server):
        try:
            path = _file(each)
            found = each, path, each.read(path)
        except NOT_REACHED as error:
            if each is server:
                raise
            server.ctx.log(f"The TTL monitor of {each.name} is left as it is; {otherwise}: {error.message}", "err")
            continue
        yield found


def _first_of(server: Server, name: str) -> str:
    """Return whom a member stands by for in the end: since another one took over, its old primary stands by itself."""
    seen, systems = set[str](), server.ctx.inventory.systems
    while name in systems and systems[name].standby_of and name not in seen:
        seen.add(name)
        name = systems[name].standby_of
    return name


def _file(server: Server) -> str:
    if path := find_config_file(server):
        return path
    raise ActionFailed(
        f"It is not known which file {server.name} reads its configuration from.",
        "Name it in the inventory (config_file:): the TTL monitor is kept off there.",
    )


def _replace(server: Server, path: str, old: str, new: str) -> None:
    """Write a file that lies where its server may not write (``/etc``) as our own account."""
    if new != old:
        ours = server.query(["test", "-w", path]).code != 0
        server.write(path, new, user="" if ours else None)


def _tell(server: Server, *, enabled: bool) -> None:
    if server.process():
        with connect_verified(server) as client:
            client.admin.command("setParameter", 1, ttlMonitorEnabled=enabled)
