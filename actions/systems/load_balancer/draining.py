"""Taking servers out: their users are sent elsewhere, what is open gets its time, and then it has an end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from actions.context import Progress
from actions.outcome import ActionFailed, Finding
from actions.systems.load_balancer.balancer import Balancer
from actions.systems.load_balancer.record import Setting, Stage, setting_of
from actions.systems.load_balancer.seen import Seen, Server
from journal.wording.counting import count

_QUIET_S = 1.0
"""Seconds without a session and without a request after which a drain is over."""


@dataclass(frozen=True)
class Drained:
    """How a drain ended.

    Attributes:
        sessions: what was open at its end.
        requests: how many requests still came: from who holds the servers' cookies, or asks for them by name.
        out: whether the servers are out, in maintenance.
        counted: whether the load balancer tells what is open.
    """

    sessions: int
    requests: int
    out: bool
    counted: bool = True

    @property
    def words(self) -> str:
        """How it ended, in words."""
        if not self.counted:
            return "taken out; what is still open there is not measured"
        came = f", and {count(self.requests, 'request')} still came" if self.requests else ""
        open_ = (
            f"{count(self.sessions, 'session')} open at the end{came}" if self.sessions or came else "nothing left open"
        )
        return open_ if self.out else f"still draining: {open_}"


def drain(found: Balancer, names: Sequence[str], target: str, stage: Stage, *, deadline_s: float, cut: bool) -> Drained:
    """Drain servers and put them into maintenance once nothing is open.

    Args:
        found: the load balancer.
        names: the servers.
        target: the site that users are moved to.
        stage: how far that is.
        deadline_s: seconds that what is open gets.
        cut: whether what is open then is ended; else they go on draining, for a person to decide.
    """
    seen = found.look()
    if not seen.counts:
        return _take_out(found, seen, names, target, stage)
    began = {server.name: server.requests for server in seen.of(names)}
    left = [server for server in seen.of(names) if server.state != "maint" or server.sessions]
    taken = [server for server in left if server.state == "ready"]
    if taken:
        found.set("drain", seen, _all(taken, "drain"), target, stage)
    ended, servers = _wait(found, [server.name for server in left], deadline_s)
    requests = sum(max(server.requests - began[server.name], 0) for server in servers)
    sessions = sum(server.sessions for server in servers)
    if not ended and not cut:
        return Drained(sessions, requests, out=False)
    if left:
        found.set("maint", found.look(), _all(servers, "maint"), target, stage)
    if sessions:
        _cut(found, [server.name for server in servers])
    return Drained(sessions, requests, out=True)


def _take_out(found: Balancer, seen: Seen, names: Sequence[str], target: str, stage: Stage) -> Drained:
    """Send nobody to servers any more where nobody tells what is open: requests under way come to their end there."""
    left = [server for server in seen.of(names) if server.state != "maint"]
    if left:
        found.set("maint", seen, _all(left, "maint"), target, stage)
    return Drained(0, 0, out=True, counted=False)


def unfinished(found: Balancer, drained: Drained) -> list[Finding]:
    """Return what is to be said of a drain that a person must end."""
    if drained.out:
        return []
    text = (
        f"drains still: {count(drained.sessions, 'session')} open, {count(drained.requests, 'request')} came meanwhile"
    )
    return [Finding(severity="warning", about="old pool", text=text, cure="End it with cut.", system=found.name)]


def _all(servers: Sequence[Server], state: str) -> dict[str, Setting]:
    settings = {server.name: setting_of(server) for server in servers}
    return {
        name: Setting(address=one.address, state="drain" if state == "drain" else "maint", weight=one.weight)
        for name, one in settings.items()
    }


def _wait(found: Balancer, names: Sequence[str], deadline_s: float) -> tuple[bool, list[Server]]:
    """Wait until nothing is open and nothing comes; return whether that was so by the deadline, and the servers."""
    end, quiet_since, last = time.monotonic() + deadline_s, 0.0, -1
    while True:
        servers, now = found.look().of(names), time.monotonic()
        sessions, requests = sum(one.sessions for one in servers), sum(one.requests for one in servers)
        if sessions or requests != last:
            quiet_since, last = now, requests
        if not names or (not sessions and now - quiet_since >= _QUIET_S):
            return True, servers
        if now > end:
            return False, servers
        found.ctx.progress(Progress(text=f"drains {', '.join(names)}: {count(sessions, 'session')} open"))
        found.pause()


def _cut(found: Balancer, names: Sequence[str]) -> None:
    """End what is open at servers that get nothing new.

    Raises:
        ActionFailed: something is open all the same.
    """
    backend = found.settings.backend
    found.send("cut", [f"shutdown sessions server {backend}/{name}" for name in names])
    end = time.monotonic() + found.settings.health_s
    while left := sum(server.sessions for server in found.look().of(names)):
        if time.monotonic() > end:
            raise ActionFailed(f"{count(left, 'session')} of {', '.join(names)} did not end.", "Look at HAProxy's log.")
        found.pause()
