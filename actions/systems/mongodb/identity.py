"""What tells a MongoDB server from every other: shown at the interlock, journalled before the first effect."""

from __future__ import annotations

from collections.abc import Sequence

from actions.context import ActionContext
from actions.systems.mongodb.server import Server, find_server
from actions.systems.mongodb.verified_connection import connect_verified
from journal.errors import CleoError
from journal.events.types import Identity


def identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return what tells the server that the run is aimed at from every other."""
    return identity_of(find_server(ctx))


def identity_of(server: Server) -> Sequence[Identity]:
    """Return the same of a server that the run need not be aimed at."""
    host = server.ctx.transport(server.settings.host).host_identity()
    return [
        Identity(name="confirm", value=f"{server.name}@{host.get('hostname', server.settings.host)}", known="reported"),
        _reported("host", host.get("hostname", "")),
        _reported("machine id", host.get("machine_id", "")),
        _reported("data directory", server.data),
        _replica_set(server),
        _reported("repository", server.settings.backups.repository),
    ]


def _reported(name: str, value: str) -> Identity:
    return Identity(name=name, value=value or "unknown", known="reported" if value else "unknown")


def _replica_set(server: Server) -> Identity:
    """The replica set's name and id, as the server says them; a server that is down cannot be asked."""
    name = "replica set"
    try:
        with connect_verified(server, deadline_s=5) as client:
            config = client.admin.command("replSetGetConfig")["config"]
        found = f"{config['_id']} {config.get('settings', {}).get('replicaSetId', '')}".strip()
        return Identity(name=name, value=found, known="reported")
    except CleoError:
        named = server.settings.replica_set
        return Identity(name=name, value=named or "unknown", known="last known" if named else "unknown")
