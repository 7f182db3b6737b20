"""A pooler's health: whether it answers, and whether its clients wait."""

from __future__ import annotations

from actions.health import Health, silent
from actions.outcome import ActionFailed
from actions.systems.pooler.commands import look_argv
from actions.systems.pooler.pooler import seen_in
from actions.systems.pooler.seen import Seen
from actions.systems.pooler.settings import PoolerSettings
from actions.transport import DeadlineExceeded, NothingStarted, Transport, TransportLost
from journal.errors import CleoError
from journal.wording.counting import count

_LONG_S = 5.0
_NOBODY = ("No such file", "refused")


def probe(system: str, settings: PoolerSettings, host: Transport, *, deadline_s: float) -> Health:
    """Return the pooler's health.

    Args:
        system: its name in the inventory.
        settings: what the inventory says of it.
        host: the way to its host.
        deadline_s: seconds for all of it.
    """
    try:
        env = {"LC_ALL": "C", **({"PGPASSWORD": settings.password.read()} if settings.password else {})}
        argv = look_argv(settings, deadline_s)
        done = host.query(argv, timeout_s=deadline_s, user=settings.run_as, env=env)
    except DeadlineExceeded as error:
        return silent(error.message, {})
    except (NothingStarted, TransportLost) as error:
        return Health(status="not measured", detail=f"its host cannot be asked: {error.message}")
    except CleoError as error:
        return Health(status="not measured", detail=error.message)
    try:
        return _judge(settings, seen_in(done, settings, system))
    except ActionFailed as error:
        if "timeout expired" in done.err:
            return silent(error.message, {})
        down = any(words in done.err for words in _NOBODY)
        return Health(status="down" if down else "not measured", detail=error.message)


def _judge(settings: PoolerSettings, seen: Seen) -> Health:
    names = settings.databases
    waiting, longest = seen.waits(names)
    waits = f"{count(waiting, 'client')} wait, {longest:.0f} s already" if waiting else ""
    paused = seen.paused(names)
    missing = [name for name in names if name not in seen.databases]
    troubles = [f"{', '.join(paused)} is paused{f': {waits}' if waits else ''}"] if paused else []
    troubles += [waits] if longest > _LONG_S and not paused else []
    troubles += [f"it has no {', '.join(missing)}"] if missing else []
    leads = ", ".join(sorted({seen.databases[name].leads_to for name in names if name in seen.databases}))
    detail = "; ".join([*troubles, f"leads to {leads or 'nothing'}", count(seen.connected(names), "client")])
    facts = {"connections": seen.connected(names), "waiting": waiting, "leads_to": leads, "paused": len(paused)}
    return Health(status="degraded" if troubles else "up", detail=detail, facts=facts)
