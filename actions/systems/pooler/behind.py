"""The servers behind a pooler: which is the primary, by the inventory and as they say themselves."""

from __future__ import annotations

from actions.behind import Front
from actions.fronting import Fronting
from actions.systems.pooler.pooler import Pooler


def fronting(pooler: Pooler) -> Fronting:
    """Return the servers behind it."""
    return Fronting(pooler.ctx, pooler.name, pooler.settings.fronts)


def address_of(pooler: Pooler, name: str) -> str:
    """Return host and port by which the pooler reaches a server."""
    return pooler.settings.servers.get(name) or fronting(pooler).address(name)


def front(pooler: Pooler, database: str) -> Front:
    """Return how a client comes to one of its databases."""
    own = pooler.settings
    return Front(own.address, own.port, database, own.user, own.user_password)
