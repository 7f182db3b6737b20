"""A load balancer's health: whether it answers, and who serves its users."""

from __future__ import annotations

from actions.health import Health, silent
from actions.outcome import ActionFailed
from actions.systems.load_balancer.balancer import look_argv, seen_in
from actions.systems.load_balancer.elbv2.probe import probe_elbv2
from actions.systems.load_balancer.record import differences, parse, settings_of
from actions.systems.load_balancer.seen import Seen
from actions.systems.load_balancer.settings import LoadBalancerSettings
from actions.transport import DeadlineExceeded, FileMissing, NothingStarted, Transport, TransportLost
from journal.errors import CleoError

_ANSWER = 0.6
"""Of the deadline: for HAProxy's answer."""


def probe(system: str, settings: LoadBalancerSettings, host: Transport | None, *, deadline_s: float) -> Health:
    """Return the load balancer's health.

    Args:
        system: its name in the inventory.
        settings: what the inventory says of it.
        host: the way to its host; none for an ELBv2.
        deadline_s: seconds for all of it.
    """
    if settings.elbv2:
        told = probe_elbv2(settings, settings.elbv2, deadline_s)
        return told if isinstance(told, Health) else _judge(settings, told, [])
    assert host is not None  # an inventory's HAProxy has one
    try:
        done = host.query(look_argv(settings, deadline_s * _ANSWER), timeout_s=deadline_s, user=settings.run_as)
    except DeadlineExceeded as error:
        return silent(error.message, {})
    except (NothingStarted, TransportLost) as error:
        return Health(status="not measured", detail=f"its host cannot be asked: {error.message}")
    try:
        seen = seen_in(done, settings, system)
    except ActionFailed as error:
        if done.code == 5:
            return silent(error.message, {})
        return Health(status="down" if done.code == 4 else "not measured", detail=error.message)
    return _judge(settings, seen, _otherwise(settings, host, seen))


def _otherwise(settings: LoadBalancerSettings, host: Transport, seen: Seen) -> list[str]:
    """Return how it runs otherwise than it was set last, or that this cannot be told."""
    path = f"{settings.state_file}.cleo"
    try:
        record = parse(host.read_file(path), path)
    except FileMissing:
        return []
    except CleoError as error:
        return [f"what was set cannot be read: {error.message}"]
    wrong = differences(settings_of(seen), record.wanted)
    return [f"not as it was set: {wrong[0]}{', …' if wrong[1:] else ''}"] if wrong else []


def _judge(settings: LoadBalancerSettings, seen: Seen, troubles: list[str]) -> Health:
    known = seen.of(settings.servers)
    users = [server for server in known if server.takes_users]
    meant = [server for server in known if server.state == "ready" and server.weight > 0]
    sick = [f"{server.name} is {server.words}" for server in meant if not server.healthy]
    said = [*troubles, *sick]
    sites = [
        f"{sum(server in users for server in seen.of(one.name for one in pool))} of {len(pool)} of {site}"
        for site, pool in settings.pools.items()
    ]
    facts = {"serving": len(users)} | ({"connections": sum(one.sessions for one in known)} if seen.counts else {})
    if not users:
        return Health(status="down", detail="; ".join(["no server is there for users", *said]), facts=facts)
    detail = "; ".join([*said, f"users go to {', '.join(sites)}"])
    return Health(status="degraded" if said else "up", detail=detail, facts=facts)
