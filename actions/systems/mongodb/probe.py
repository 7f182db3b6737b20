"""A MongoDB server's health: is it up, who is primary, what lags, how far back does its oplog reach."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from actions.exposure import Exposed, least_of, of_replica, since
from actions.health import Health, silent
from actions.machine.clock import clock_trouble
from actions.machine.listener import Ask, look
from actions.systems.mongodb.backups.saved_until import Seen, goes_on, newest_saved
from actions.systems.mongodb.connection import CannotConnect, connect
from actions.systems.mongodb.server import MONGOD
from actions.systems.mongodb.settings import MongodbSettings
from actions.systems.mongodb.state import ARBITER, PRIMARY, SECONDARY, State, newest_write, read_state
from actions.systems.mongodb.verified_connection import require_ours, stranger_at
from actions.transport import Completed, Transport
from journal.errors import CleoError
from journal.events.measured import Measured
from journal.wording.durations import rough_duration

if TYPE_CHECKING:
    from pymongo import MongoClient

_SPARE_S = 0.5
"""Seconds of the probe's that are kept for judging what was seen."""
_LAG_S = 300
"""Seconds of replication lag from which a member counts as degraded."""
_FULL = 0.9
_AHEAD_S = 60
"""What a set's clocks may differ: more, and instants in the oplog are not when something was written."""
_STALE_HEARTBEAT_S = 60


def probe(system: str, settings: MongodbSettings, host: Transport, *, deadline_s: float) -> Health:
    """Return the server's health.

    Args:
        system: its name in the inventory.
        settings: the server.
        host: the way to its host, which tells whose process it is.
        deadline_s: seconds for all of it.
    """
    end = time.monotonic() + deadline_s
    ask = (_asker(host, settings.run_as, end), _asker(host, "", end))
    try:
        with connect(settings, deadline_s=deadline_s * 0.6) as client:
            require_ours(client, settings, *ask)
            state, newest = read_state(client), newest_write(client, settings.heartbeat)
            seen = newest_saved(system, settings, ask[0], host, end - time.monotonic() - _SPARE_S)
            safe = _safe(client, settings, seen, state)
    except CannotConnect as error:
        return _unreached(error, settings, ask)
    return _judge(system, settings, state, newest, safe)


class _Safe(msgspec.Struct, frozen=True, kw_only=True):
    """What is safe of a server's writes.

    Attributes:
        until: until when they are in its backups; None: it is not known.
        goes_on: whether its oplog goes on where they end.
        unknown: why it is not known, or was not seen anew.
    """

    until: datetime | None = None
    goes_on: bool = True
    unknown: str = ""


def _safe(client: MongoClient[dict[str, Any]], settings: MongodbSettings, seen: Seen, state: State) -> _Safe:
    if settings.standby_of:
        return _Safe(unknown=f"its backups are those of {settings.standby_of}")
    saved = seen.saved
    if saved is None:
        return _Safe(unknown=seen.why)
    if not state.members:
        return _Safe(unknown="it is in no replica set: it has no oplog")
    if goes_on(client, saved):
        return _Safe(until=saved.until, unknown=seen.why)
    return _Safe(goes_on=False, unknown="its oplog does not reach back to its newest backup")


def _exposed(state: State, newest: datetime | None, safe: _Safe) -> Exposed | None:
    """Return the span of writes that would be lost with this server; None: not measured."""
    lag = state.lag_s() if state.writable else None
    return least_of(of_replica(lag), since(newest or state.now, safe.until, "oplog saved until"))


def _asker(host: Transport, user: str, end: float) -> Callable[[Sequence[str]], Completed]:
    return lambda argv: host.query(argv, timeout_s=max(end - time.monotonic(), 0.5), user=user)


def _unreached(error: CannotConnect, settings: MongodbSettings, ask: tuple[Ask, Ask]) -> Health:
    """Tell down from silent, unexpected and not measurable: the host knows whether the server runs."""
    facts: dict[str, Any] = {"reason": error.why}
    if error.why == "unproven":
        return Health(status="not measured", detail=error.message, facts=facts)
    try:
        server = look(ask[0], settings.place(), MONGOD, ask[1]).server()
        stranger = stranger_at(settings, *ask) if error.why == "password" else None
    except CleoError as unseen:
        return _unseen(error, unseen, facts)
    if stranger:
        return Health(status="down", detail=stranger.message, facts={"reason": stranger.why})
    if server is None:
        return Health(status="down", detail=error.message, facts=facts)
    facts["pid"] = str(server.pid)
    if error.why == "timeout":
        return silent(error.message, facts, pid=server.pid)
    detail = f"it runs (pid {server.pid}), and cannot be asked: {error.message}"
    if error.why == "tls":
        return Health(status="not measured", detail=f"{detail}. {error.hint}", facts=facts)
    if error.why == "password":
        return Health(status="not measured", detail=f"{error.login}; {detail}", facts=facts)
    return Health(status="degraded", detail=detail, facts=facts)


def _unseen(error: CannotConnect, unseen: CleoError, facts: dict[str, Any]) -> Health:
    """The host could not be asked either: what refuses is down as far as anyone can see, the rest unknown."""
    if error.why == "refused":
        return Health(status="down", detail=error.message, facts=facts)
    if error.why == "timeout":
        return silent(error.message, facts, unseen=unseen.message)
    return Health(status="not measured", detail=f"{error.message}; {unseen.message}", facts=facts)


def _judge(system: str, settings: MongodbSettings, state: State, newest: datetime | None, safe: _Safe) -> Health:
    exposed = _exposed(state, newest, safe)
    measured = Measured(
        replica_lag_s=state.lag_s(),
        newest_commit_at=newest,
        archived_until=safe.until,
        exposure_s=exposed.seconds if exposed else None,
        exposure_by=exposed.by if exposed else safe.unknown,
    )
    facts = {
        "system": system,
        "state": state.state or "no replica set",
        "version": state.version,
        "connections": state.connections,
        "max_connections": state.most_connections,
        "oplog_window_s": state.window_s,
        "ttl_monitor": state.ttl_monitor,
        **measured.facts(),
    }
    troubles = [*_set_troubles(settings, state), *_troubles(settings, state, newest)]
    if not safe.goes_on:
        troubles.append("its oplog does not reach back to its newest backup: take a full one")
    elif settings.backups.in_bucket and safe.unknown:
        troubles.append(f"backups not seen{' anew' if safe.until else ''}: {safe.unknown}")
    at_risk = [f"{rough_duration(exposed.seconds)} exposed"] if exposed else []
    detail = "; ".join([*troubles, *_figures(state), *at_risk])
    found = {name: value for name, value in facts.items() if value is not None}
    return Health(status="degraded" if troubles else "up", detail=detail, facts=found)


def _set_troubles(settings: MongodbSettings, state: State) -> list[str]:
    """Return what is wrong with the replica set, in words."""
    if not state.members:
        wanted = settings.replica_set
        return [f"it is in no replica set, and {wanted} is wanted"] if wanted else ["no replica set: no oplog"]
    troubles = []
    if settings.replica_set and state.set_name != settings.replica_set:
        troubles.append(f"its replica set is {state.set_name}, not {settings.replica_set}")
    if state.state not in (PRIMARY, SECONDARY, ARBITER):
        troubles.append(f"its state is {state.state}")
    if not any(each.state == PRIMARY for each in state.members):
        troubles.append("the set has no primary: nothing can be written")
    away = [each for each in state.members if not each.itself and not each.healthy]
    troubles += [f"{each.name} does not answer" for each in away]
    behind = state.lag_s()
    if behind is not None and behind > _LAG_S:
        whose = "its nearest secondary" if state.writable else "it"
        troubles.append(f"{whose} lags {rough_duration(behind)}")
    return troubles


def _troubles(settings: MongodbSettings, state: State, newest: datetime | None) -> list[str]:
    troubles = []
    if state.connections >= _FULL * state.most_connections:
        troubles.append("connections nearly used up")
    if state.ttl_monitor is False:
        troubles.append("the TTL monitor is off: nothing expires")
    troubles += clock_trouble((state.now - datetime.now(UTC)).total_seconds(), "documents")
    ahead = (state.oplog_until - state.now).total_seconds() if state.oplog_until else 0
    if ahead > _AHEAD_S:
        troubles.append(f"its oplog's clock is {rough_duration(ahead)} ahead of its own")
    if settings.heartbeat and newest is None:
        troubles.append(f"there is no collection {settings.heartbeat}, or nothing in it")
    now = min(state.now, datetime.now(UTC))  # the heartbeat may be of either clock, and one of them may be ahead
    age = (now - newest).total_seconds() if newest else 0
    if settings.heartbeat and state.writable and age > _STALE_HEARTBEAT_S:
        troubles.append(f"nothing written for {rough_duration(age)}")
    return troubles


def _figures(state: State) -> list[str]:
    figures = [state.state.lower() or "alone", f"{state.connections}/{state.most_connections} connections"]
    lag, window = state.lag_s(), state.window_s
    if lag is not None:
        figures.append(f"lag {rough_duration(lag)}")
    if window is not None:
        figures.append(f"oplog reaches back {rough_duration(window)}")
    return figures
