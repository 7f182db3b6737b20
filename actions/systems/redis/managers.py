"""Finds what would undo a stop, a restore or a promotion: Sentinel, an operator, a systemd unit that starts it again.

A Sentinel's connections to a server are called ``sentinel-<id>-cmd`` and ``-pubsub`` (seen on 7.0.15): so a running
server tells of every Sentinel that watches it, on whatever host. For one that is down the Sentinels are asked that the
inventory names, else those on its own host. A pod is known by its cgroup and its mounts, from outside and inside: the
server writes its title over its environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from actions.context import ActionContext
from actions.gate import Closed
from actions.machine.unit import own_unit
from actions.systems.redis.connection import CannotConnect
from actions.systems.redis.host_sentinels import ask_host_sentinels
from actions.systems.redis.sentinel import watch_of
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.verified_connection import connect_verified
from journal.errors import CleoError

GATE, SWITCH_OVER = "managed", "redis.switch_over"
_ASK_S = 5.0
_SENTINEL = " is managed by Sentinel"
_CONNECTION = re.compile(r"sentinel-[0-9a-f]+-(?:cmd|pubsub)")
_LOOK = r"""
ps -eo pid=,args= | grep -E '\[sentinel\]|redis-sentinel|--sentinel' | grep -v grep | sed 's/^ */P /'
[ -n "$1" ] && grep -qsE 'kubepods|/kubelet/pods/' "/proc/$1/cgroup" "/proc/$1/mountinfo" && echo K
exit 0
"""
_PAUSE = (
    "Pause it first: on every Sentinel `SENTINEL REMOVE NAME` (note what `SENTINEL MASTER NAME` says, to MONITOR it "
    "again), or stop all Sentinels"
)
_OPERATOR = "Scale its operator to 0 first, or pause the reconciliation of this server, as its documentation says"


def unmanaged(ctx: ActionContext) -> Closed | None:
    """A gate: nothing starts, replaces or demotes this server on its own."""
    return managed_by(find_server(ctx))


def managed_by(server: Server, opens: str = "") -> Closed | None:
    """Return that something starts, replaces or demotes a server on its own; None where nothing is seen to.

    Args:
        server: the server.
        opens: the action that has a Sentinel of the inventory do itself what is wanted.
    """
    message = next(_managers(server), "")
    itself = opens if server.settings.sentinels and _SENTINEL in message else ""
    more = f" Or let it do that itself: {itself}." if itself else ""
    return Closed(GATE, message + more, "reason and target", itself) if message else None


def _managers(server: Server) -> Iterator[str]:
    """Yield who manages the server, and how that is paused; the surest sign first."""
    found = server.process()
    if found and (ids := watching_sentinels(server)):
        yield _told(server, "Sentinel", f"{', '.join(ids)} watches it now", _PAUSE)
    for sentinel in server.settings.sentinels:
        where = f"{sentinel.address}:{sentinel.port}"
        try:
            watch = watch_of(server, sentinel)
        except CleoError as error:
            why = f"{where} of the inventory cannot be asked ({error.message})"
            yield _told(server, "Sentinel, as far as anybody can tell", why, _PAUSE)
            continue
        if watch:
            yield _told(server, "Sentinel", f"{where} watches it as {watch.name}", _PAUSE.replace("NAME", watch.name))
    signs = server.query(["sh", "-c", _LOOK, "sh", str(found.pid) if found else ""]).out.splitlines()
    if not found and not server.settings.sentinels:
        yield from _on_its_host(server, [line[2:] for line in signs if line.startswith("P ")])
    if "K" in signs:
        yield _told(server, "a Kubernetes operator", "it runs in a pod", _OPERATOR)
    if found and (restarts := _restarts(server, found.pid)):
        yield restarts


def _on_its_host(server: Server, lines: list[str]) -> Iterator[str]:
    """Yield which Sentinels of its host watch a server that is down, or may: one that watches others is in no way."""
    for one in ask_host_sentinels(server, lines):
        if one.watches:
            why = f"one on this host ({one.line[:80]}) watches it as {one.watches}"
            yield _told(server, "Sentinel", why, _PAUSE.replace("NAME", one.watches))
        elif one.why:
            why = f"one runs on this host ({one.line[:80]}), and what it watches is not known: {one.why}"
            yield _told(server, "Sentinel, as far as anybody can tell", f"{why} (sentinels: in the inventory)", _PAUSE)
        else:
            watched = ", ".join(one.others) or "nothing"
            server.ctx.log(f"A Sentinel on {server.host} watches {watched}, and not {server.name}.")


def watching_sentinels(server: Server) -> list[str]:
    """Return the ids of the Sentinels that are connected to a running server; none where it cannot be asked."""
    try:
        with connect_verified(server, deadline_s=_ASK_S) as client:
            clients: Any = client.client_list()
    except CannotConnect:
        return []
    names = [str(one.get("name", "")) for one in clients]
    return sorted({name.rsplit("-", 1)[0] for name in names if _CONNECTION.fullmatch(name)})


def _restarts(server: Server, pid: int) -> str:
    """Return that a unit would start the server again, where the inventory does not name it as what stops it."""
    if server.settings.service.manager == "systemd":
        return ""
    unit = own_unit(server, pid)
    if unit.restart in ("", "no"):
        return ""
    return _told(server, "systemd", f"it lies in the unit {unit}", "Name that unit in the inventory (manager: systemd)")


def _told(server: Server, name: str, why: str, pause: str) -> str:
    return f"{server.name} is managed by {name}: {why}. It undoes what is done beside it. {pause}."
