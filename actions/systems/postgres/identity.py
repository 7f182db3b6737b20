"""The identity of a PostgreSQL server: shown at the interlock, and journalled before the first effect."""

from __future__ import annotations

from collections.abc import Sequence

from actions.context import ActionContext
from actions.outcome import ActionFailed
from actions.systems.postgres.pgbackrest.command import read_repository
from actions.systems.postgres.process import control
from actions.systems.postgres.server import Server, find_server
from journal.events.types import Identity


def identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return what a person types to confirm, host, machine id, data directory, cluster identifier and repository."""
    return identity_of(find_server(ctx))


def identity_of(server: Server) -> Sequence[Identity]:
    """Return the same of a server that the run need not be aimed at."""
    host = server.ctx.transport(server.settings.host).host_identity()
    backups = server.settings.backups
    return [
        Identity(name="confirm", value=f"{server.name}@{host.get('hostname', server.settings.host)}", known="reported"),
        _reported("host", host.get("hostname", "")),
        _reported("machine id", host.get("machine_id", "")),
        _reported("data directory", server.data),
        _cluster(server),
        _reported("repository", f"{backups.stanza} in {backups.repository or backups.config or 'pgBackRest'}"),
    ]


def _reported(name: str, value: str) -> Identity:
    return Identity(name=name, value=value or "unknown", known="reported" if value else "unknown")


def _cluster(server: Server) -> Identity:
    """The control file's identifier; where it is lost, the one the backups were taken from."""
    name = "cluster"
    if found := control(server):
        return Identity(name=name, value=found.system_identifier, known="reported")
    try:
        last = read_repository(server).system_identifier
    except ActionFailed as error:
        server.ctx.log(error.message, "err")
        last = ""
    return Identity(name=name, value=last or "unknown", known="last known" if last else "unknown")
