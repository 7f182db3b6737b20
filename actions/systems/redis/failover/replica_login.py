"""How a master that is to follow its own replica logs in to it: as that one logs in now."""

from __future__ import annotations

from typing import Any

from actions.failover.means import NOTHING
from actions.outcome import ActionFailed
from actions.systems.redis.connection import CannotConnect
from actions.systems.redis.server import Server
from actions.systems.redis.verified_connection import connect_verified


def _login_of(server: Server) -> dict[str, str]:
    """Return how a replica logs in to its master: so its master logs in to it, once they changed places."""
    with connect_verified(server) as session:
        client: Any = session
        said = {str(name): str(value) for name, value in client.config_get("masteruser", "masterauth").items()}
    if said.get("masterauth"):
        server.ctx.secret(said["masterauth"])
    return said


def require_login(primary: Server, server: Server) -> None:
    """Stop where the master could not log in to the replica: it would hand over, and nobody would follow.

    Raises:
        ActionFailed: so it is.
    """
    known = _login_of(primary)
    known = known if known.get("masterauth") else _login_of(server)
    if not known.get("masterauth"):
        return
    user = known.get("masteruser") or "default"
    try:
        with connect_verified(server, deadline_s=5) as session:
            client: Any = session
            client.execute_command("AUTH", user, known["masterauth"])
            client.execute_command("PING")
    except CannotConnect as error:
        raise ActionFailed(
            f"{primary.name} could not follow {server.name}: {user} cannot log in to it: {error.message}",
            f"Give {server.name} that user, as its master has it (+psync +replconf +ping); then run this again.",
            left_behind=NOTHING,
        ) from error


def log_in_as_replica(primary: Server, server: Server) -> None:
    """Have the running master know how it logs in to the other one."""
    if _login_of(primary).get("masterauth"):
        return
    known = _login_of(server)
    with connect_verified(primary) as session:
        client: Any = session
        for name, value in known.items():
            if value:
                client.config_set(name, value)
