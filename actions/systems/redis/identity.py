"""What tells a Redis server from every other: shown at the interlock, journalled before the first effect."""

from __future__ import annotations

from collections.abc import Sequence

from actions.context import ActionContext
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.verified_connection import connect_verified
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
        _replication(server),
        _reported("repository", server.settings.backups.repository),
    ]


def _reported(name: str, value: str) -> Identity:
    return Identity(name=name, value=value or "unknown", known="reported" if value else "unknown")


def _replication(server: Server) -> Identity:
    """Whether it is a master or a replica, as it says itself; its replication id changes with every restart."""
    try:
        with connect_verified(server, deadline_s=5) as client:
            said = client.info("replication")
    except CleoError:
        return Identity(name="role", value="unknown", known="unknown")
    if said["role"] == "slave":
        value = f"replica of {said['master_host']}:{said['master_port']}"
    else:
        value = f"master of {said['connected_slaves']} replicas" if said["connected_slaves"] else "master"
    return Identity(name="role", value=value, known="reported")
