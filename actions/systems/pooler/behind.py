"""The servers behind a pooler: which is the primary, by the inventory and as they say themselves."""

from __future__ import annotations

from actions.behind import Behind, Front, Instance
from actions.outcome import ActionFailed, Cure
from actions.settings import SystemSettings
from actions.system_type import load
from actions.system_types import system_type
from actions.systems.pooler.pooler import Pooler


def family(pooler: Pooler) -> list[str]:
    """Return the servers of the inventory that belong together, the primary first: who took over counts as that.

    Raises:
        ActionFailed: what the pooler fronts is not in the inventory, or nothing that can be behind a pooler.
    """
    root, passed = pooler.settings.fronts, set[str]()
    known = pooler.ctx.inventory.systems
    if root not in known or not system_type(known[root].type).behind:
        raise ActionFailed(f"{pooler.name} fronts {root}, which is no PostgreSQL of the inventory.", "Correct fronts:.")
    systems = {name: one for name, one in known.items() if one.type == known[root].type}
    while systems[root].standby_of in systems and root not in passed:
        passed.add(root)
        root = systems[root].standby_of
    found = [root]
    while more := [name for name, one in systems.items() if one.standby_of in found and name not in found]:
        found += more
    return found


def behind(pooler: Pooler) -> Behind:
    """Return what asks the servers behind it."""
    found: Behind = load(system_type(_fronted(pooler).type).behind)
    return found


def address_of(pooler: Pooler, name: str) -> str:
    """Return host and port by which the pooler reaches a server."""
    return pooler.settings.servers.get(name) or behind(pooler).address(pooler.ctx.inventory.systems[name])


def target(pooler: Pooler, name: str) -> str:
    """Return the server that the pooler is to lead to: the one that is named, else the primary.

    Raises:
        ActionFailed: none of that name belongs to what the pooler fronts.
    """
    known = family(pooler)
    if name and name not in known:
        raise ActionFailed(f"{name} does not belong to what {pooler.name} fronts: {', '.join(known)}.")
    return name or known[0]


def require_primary(pooler: Pooler, name: str) -> Instance:
    """Prove that a server takes writes, and return which it is.

    Raises:
        ActionFailed: it is a standby.
        CleoError: it cannot be asked, or another one answers in its place.
    """
    found = behind(pooler).instance(pooler.ctx, name)
    if not found.writes:
        raise ActionFailed(
            f"{name} is a standby: who is led there cannot write.",
            left_behind="Nothing was changed.",
            cures=[Cure(words="Promote it first.", action=system_type(_fronted(pooler).type).role("promote"))],
        )
    return found


def through(pooler: Pooler, database: str, name: str) -> Instance:
    """Ask through the pooler which server is reached in one of its databases.

    Raises:
        CleoError: nobody is let through, or nothing comes back in time.
    """
    own = pooler.settings
    front = Front(own.address, own.port, database, own.user, own.user_password)
    return behind(pooler).through(pooler.ctx, name, front)


def _fronted(pooler: Pooler) -> SystemSettings:
    return pooler.ctx.inventory.systems[pooler.settings.fronts]
