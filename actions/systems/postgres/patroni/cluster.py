"""A cluster of Patroni, as one of its members' hosts sees it: asked by that host, since interfaces listen on loopback.

An interface may be bound to the host alone, and its password is in a file there. So a program on the host asks, run by
the Python that Patroni itself runs with; curl need not be there, and no password crosses the link.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from actions.outcome import ActionFailed, InDoubt
from actions.systems.postgres.patroni.daemon import Daemon, daemon_of, order
from actions.systems.postgres.server import Server, server_of
from actions.systems.postgres.settings import PostgresSettings

_LOOK_S = 5.0
_TOP_S = 30.0
_LEADS = ("leader", "master", "primary", "standby_leader")


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member, as the cluster lists it and as it answers itself.

    Attributes:
        name, role, state: as the cluster lists them; ``running`` says nothing of what it serves.
        api: where its interface is.
        at: host and port of its PostgreSQL, as the cluster knows it.
        timeline: the timeline that it says it is on; 0: it does not say.
        sysid: its database's identifier, as it says; empty: it does not.
        paused: whether it acts as paused; None: it does not answer.
        seen_s: when it last reached the store (DCS), in seconds since the epoch; 0: it does not say.
        trouble: why it does not answer; empty: it does.
    """

    name: str
    role: str = ""
    state: str = ""
    api: str = ""
    at: str = ""
    timeline: int = 0
    sysid: str = ""
    paused: bool | None = None
    seen_s: int = 0
    trouble: str = ""

    @property
    def leads(self) -> bool:
        """Whether the cluster lists it as its leader."""
        return self.role in _LEADS


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What is seen of a cluster from one host at one moment.

    Attributes:
        scope: its name.
        version: Patroni's version; empty: its interface does not answer.
        members: its members by name; empty where the store does not answer.
        paused: whether that member acts as paused; None: its interface does not answer.
        initialize: the database identifier that the store holds for it; None: not read; empty: there is none.
        trouble: why its interface does not answer; empty: it does.
        store_trouble: why the store behind it (etcd, Consul…) is not read; empty: it is.
    """

    scope: str
    version: str = ""
    members: Mapping[str, Member] = {}
    paused: bool | None = None
    initialize: str | None = None
    trouble: str = ""
    store_trouble: str = ""

    @property
    def leader(self) -> str:
        """The name of the member that leads; empty where none does."""
        return next((one.name for one in self.members.values() if one.leads), "")

    def not_as(self, *, paused: bool) -> list[Member]:
        """Return the members that answer, and do not act as is wanted."""
        return [one for one in self.members.values() if one.paused is not None and one.paused is not paused]

    def silent(self) -> list[Member]:
        """Return the members that do not answer."""
        return [one for one in self.members.values() if one.paused is None]

    def lists(self, server: Server) -> bool:
        """Whether it has a member of a server's name, or at its port."""
        port = f":{server.settings.port}"
        return any(one.name == server.name or one.at.endswith(port) for one in self.members.values())

    def __str__(self) -> str:
        """Return it as a line."""
        listed = [f"{one.name} {one.role} {one.state}, timeline {one.timeline or 'not told'}" for one in self.all()]
        what = {True: "paused", False: "not paused", None: "its interface does not answer"}[self.paused]
        return f"Patroni {self.version}, cluster {self.scope}, {what}: {'; '.join(listed) or 'no member is listed'}"

    def all(self) -> list[Member]:
        """Return the members, the leader first."""
        return sorted(self.members.values(), key=lambda one: (not one.leads, one.name))


class Patroni:
    """The Patroni of one server of the inventory, and the context in which it is acted on."""

    def __init__(self, server: Server, daemon: Daemon) -> None:
        self.server = server
        self.daemon = daemon

    @property
    def named(self) -> str:
        """What people call it."""
        return f"Patroni's cluster {self.daemon.scope or 'of unknown name'}"

    def look(self, *, store: bool = False) -> View:
        """Return what is seen of the cluster now; what does not answer is said.

        Args:
            store: whether the store is read, too, which takes longer; without that its silence shows as that of the
                cluster's list.
        """
        timeout_s = _LOOK_S
        argv = order(self.server, self.daemon, timeout_s=timeout_s, store=store)
        ctx, user = self.server.ctx, "" if self.daemon.ours else self.server.settings.run_as
        done = ctx.query(self.server.settings.host, argv, timeout_s=timeout_s * 3 + _TOP_S, user=user)
        try:
            return _view(self.daemon, json.loads(done.out))
        except (ValueError, KeyError, TypeError):
            return View(scope=self.daemon.scope, trouble=done.err.strip()[-300:] or "its host's program gave no answer")

    def request(self, key: str, method: str, path: str, body: Any, *, member: str = "", timeout_s: float = 15) -> str:
        """Ask an interface for a change, and return what it said. Call it only where ``effect`` said True.

        Args:
            key: names the program within the run.
            method, path, body: the request.
            member: the address of another member's interface than this one's.
            timeout_s: how long it may take.

        Raises:
            ActionFailed: it refused, or nobody answered.
            InDoubt: no answer came in time: it may be carried out still.
        """
        about = {"method": method, "path": path, "body": body, "member": member, "timeout_s": timeout_s}
        user = "" if self.daemon.ours else self.server.settings.run_as
        done = self.server.run(key, order(self.server, self.daemon, **about), timeout_s=timeout_s + _TOP_S, user=user)
        try:
            said = json.loads(done.out.strip().splitlines()[-1])
        except (ValueError, IndexError):
            said = {"error": done.err.strip()[-300:] or "no answer"}
        status = int(said.get("status", 0))
        if 200 <= status < 300:
            return str(said.get("body", ""))
        where = f"{method} {path} at {member or self.daemon.api}"
        if "timed out" in str(said.get("error", "")):
            raise InDoubt(f"{where}: no answer within {timeout_s:.0f} s; whether it is carried out is not known")
        words = said.get("body") or said.get("error") or ""
        raise ActionFailed(f"{where}: {f'refused with {status}: ' if status else ''}{words or 'no reason given'}")


def patroni_of(server: Server) -> Patroni | None:
    """Return the Patroni of a server; None where none runs on its host."""
    daemon = daemon_of(server)
    return Patroni(server, daemon) if daemon else None


def servers_of(server: Server) -> list[Server]:
    """Return the inventory's servers that may be members of the same cluster: who stands by for whom."""
    whole = {n: s for n, s in server.ctx.inventory.systems.items() if isinstance(s, PostgresSettings)}
    first = server.settings.standby_of or server.name
    names = [name for name, one in whole.items() if name == first or (one.standby_of == first and not one.cold)]
    return [server if name == server.name else server_of(server.ctx, name) for name in names]


def cluster_of(server: Server) -> Patroni | None:
    """Return the server's own Patroni, else that of another member of the inventory; None where none is seen.

    One that runs and whose interface does not answer (it hangs, or was just started) is passed over for one that does.
    """
    own = patroni_of(server)
    if own and (own.daemon.trouble or not own.look().trouble):
        return own
    for other in servers_of(server):
        found = patroni_of(other) if other.name != server.name else None
        if found and not (own and found.look().trouble):
            return found
    return own


def _view(daemon: Daemon, said: dict[str, Any]) -> View:
    me, cluster, store = said["me"], said["cluster"], said["stored"] or {}
    own = me["body"] if isinstance(me.get("body"), dict) else {}
    listed = cluster["body"].get("members", []) if isinstance(cluster.get("body"), dict) else []
    return View(
        scope=daemon.scope,
        version=str(own.get("patroni", {}).get("version", "")),
        members={str(one["name"]): _member(one, said["members"].get(one["name"], {})) for one in listed},
        paused=own.get("pause") is True if own else None,
        initialize=None if store.get("error") or not store else str(store.get("initialize", "")),
        trouble="" if own else str(me.get("error") or f"it answers {me.get('status')}"),
        store_trouble=str(store.get("error") or (cluster.get("error", "") if own and not listed else "")),
    )


def _member(listed: dict[str, Any], answer: dict[str, Any]) -> Member:
    own = answer["body"] if isinstance(answer.get("body"), dict) else {}
    return Member(
        name=str(listed["name"]),
        role=str(listed.get("role", "")),
        state=str(listed.get("state", "")),
        api=str(listed.get("api_url", "")).removesuffix("/patroni"),
        at=f"{listed.get('host', '')}:{listed.get('port', '')}",
        timeline=int(own.get("timeline") or listed.get("timeline") or 0),
        sysid=str(own.get("database_system_identifier") or ""),
        paused=own.get("pause") is True if own else None,
        seen_s=int(own.get("dcs_last_seen") or 0),
        trouble="" if own else str(answer.get("error") or f"it answers {answer.get('status', 'nothing')}"),
    )
