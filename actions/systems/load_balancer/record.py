"""What was set, and what was before, in a file beside HAProxy's: the way back, and what a reload is held to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from actions.outcome import ActionFailed
from actions.systems.load_balancer.seen import Seen, Server
from actions.systems.load_balancer.settings import State
from journal.structs import from_json

Stage = Literal["updated", "shifting", "enabled", "isolated", "put back"]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What a server is set to."""

    address: str
    state: State
    weight: int

    def __str__(self) -> str:
        """Return it in words; of a target group its name, its ARN is what the inventory has."""
        place = self.address.split("/")[-2] if ":targetgroup/" in self.address else self.address
        return f"{place} {self.state} weight {self.weight}"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to a load balancer.

    Attributes:
        incident: in which incident.
        target: the site that users are moved to.
        stage: how far that is.
        before: every server as it was before the incident's first change.
        wanted: every server as it was set last.
        was: every server as it was right before that.
        actions: of an ELBv2 the actions of its listener or rule before the incident's first change, as its API tells.
    """

    incident: str
    target: str
    stage: Stage
    before: Mapping[str, Setting]
    wanted: Mapping[str, Setting]
    was: Mapping[str, Setting] = {}
    actions: Sequence[Mapping[str, Any]] = ()


def setting_of(server: Server) -> Setting:
    """Return what a server is set to now."""
    return Setting(address=server.address, state=server.state, weight=server.weight)


def settings_of(seen: Seen) -> dict[str, Setting]:
    """Return what every server is set to now."""
    return {name: setting_of(server) for name, server in seen.servers.items()}


def parse(data: bytes, path: str) -> Record:
    """Return what a record's file says.

    Raises:
        ActionFailed: it is none.
    """
    try:
        return from_json(data, Record)
    except msgspec.DecodeError as error:
        raise ActionFailed(
            f"{path} cannot be read: {error}", "Look at it, and move it away if it is not needed."
        ) from error


def commands(backend: str, now: Mapping[str, Setting], wanted: Mapping[str, Setting]) -> list[str]:
    """Return the commands that bring the servers from what is to what is wanted.

    What adds users' servers comes before what takes some away, and a server gets its weight before it is made ready: no
    user meets one by the way.
    """
    changed = {name: one for name, one in wanted.items() if name in now and now[name] != one}
    adding = [name for name, one in changed.items() if one.state == "ready" and one.weight > 0]
    order = [*adding, *(name for name in changed if name not in adding)]
    return [line for name in order for line in _commands(f"{backend}/{name}", now[name], changed[name])]


def _commands(server: str, now: Setting, wanted: Setting) -> list[str]:
    lines = [f"set server {server} weight {wanted.weight}"] if wanted.weight != now.weight else []
    if wanted.address != now.address:
        address, _, port = wanted.address.rpartition(":")
        lines.append(f"set server {server} addr {address.strip('[]')} port {port}")
    return lines + ([f"set server {server} state {wanted.state}"] if wanted.state != now.state else [])


def _between(now: Setting, wanted: Setting) -> str:
    """Return a change in words; an address that stays is not said."""
    if now.address != wanted.address:
        return f"{now} → {wanted}"
    return f"{now.state} weight {now.weight} → {wanted.state} weight {wanted.weight}"


def differences(now: Mapping[str, Setting], wanted: Mapping[str, Setting]) -> list[str]:
    """Return how what is differs from what is wanted, a line a server."""
    found = []
    for name, one in wanted.items():
        if name not in now:
            found.append(f"{name}: there is no such server")
        elif now[name] != one:
            found.append(f"{name}: {_between(now[name], one)}")
    return found
