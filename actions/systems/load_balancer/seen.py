"""What HAProxy's runtime API says of its servers, read from its replies."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from actions.outcome import ActionFailed
from actions.systems.load_balancer.settings import State

LOOK = ("show info", "show stat", "show servers state")
"""The commands of a look."""

_MAINT, _DRAIN = 0x01 | 0x02 | 0x20 | 0x40, 0x08 | 0x10
"""Of ``srv_admin_state``. 0x04 only says that the configuration has the server disabled."""
_PASSED = ("L4OK", "L6OK", "L7OK", "L7OKC", "PROCOK")
_UNDECIDED = ("", "UNK", "INI")
"""No check came to an end yet."""


@dataclass(frozen=True)
class Server:
    """One server at one moment.

    Attributes:
        name: as the configuration has it.
        address: where HAProxy sends to.
        state: what HAProxy was told that it is for.
        weight: its weight now.
        base: its weight by the configuration.
        status: as HAProxy has it: ``UP``, ``DOWN``, ``DRAIN``, ``MAINT``…
        check: the result of its last check; empty or ``INI``: there was none yet.
        last_check: what that check met, in HAProxy's words.
        sessions: requests and connections that are open or queued.
        requests: how many it was sent since HAProxy began.
        errors: how many of them failed: 5xx, no connection, no answer.
    """

    name: str
    address: str
    state: State
    weight: int
    base: int
    status: str
    check: str
    last_check: str
    sessions: int
    requests: int
    errors: int

    @property
    def passed(self) -> bool:
        """Whether its last check passed. One that HAProxy calls UP before the first check has not."""
        return self.status.startswith(("UP", "DRAIN")) and self.check in _PASSED

    @property
    def healthy(self) -> bool:
        """Whether it is there for users and passed a check: neither draining nor unused nor unchecked."""
        return self.state == "ready" and self.status.startswith("UP") and self.check in _PASSED

    @property
    def takes_users(self) -> bool:
        """Whether users are sent to it now."""
        return self.healthy and self.weight > 0

    @property
    def is_dead(self) -> bool:
        """Whether HAProxy finds it down, and nothing is open at it: it serves nobody, unless it comes back."""
        return self.state != "maint" and self.status.startswith("DOWN") and not self.sessions

    @property
    def words(self) -> str:
        """Its health in words."""
        if self.state == "maint":
            return "in maintenance"
        if self.state == "drain":
            return f"draining, {self.sessions} open"
        if not self.status.startswith("UP"):
            return f"{self.status} ({self.check or 'no check'} {self.last_check})".replace(" )", ")")
        if self.status == "no check":
            return "has no health check"
        if self.check not in _UNDECIDED:
            return self.status if self.check in _PASSED else f"{self.status}, but its last check failed ({self.check})"
        return f"{self.status}, but no check passed yet"


@dataclass(frozen=True)
class Seen:
    """An HAProxy at one moment.

    Attributes:
        pid: the process that answered.
        uptime_s: seconds since it began.
        version: its version.
        servers: those of the backend, by name.
    """

    pid: int
    uptime_s: int
    version: str
    servers: Mapping[str, Server]
    counts: ClassVar[bool] = True
    """Whether it tells what is open at a server, and what users are answered."""

    @property
    def words(self) -> str:
        """Who answered."""
        return f"HAProxy {self.version}, process {self.pid}, for {self.uptime_s} s"

    @property
    def doubts(self) -> Sequence[tuple[str, str, str]]:
        """What is to be said of it beside its servers: about what, what, and what helps."""
        return ()

    def of(self, names: Iterable[str]) -> list[Server]:
        """Return those of these servers that there are."""
        return [self.servers[name] for name in names if name in self.servers]


def read(replies: Sequence[str], backend: str) -> Seen:
    """Return what the replies to `LOOK` say of a backend.

    Raises:
        ActionFailed: there is no such backend: another HAProxy answers.
    """
    info = dict(line.split(": ", 1) for line in replies[0].splitlines() if ": " in line)
    rows = csv.DictReader(replies[1].lstrip("# ").splitlines())
    stats = {row["svname"]: row for row in rows if row["pxname"] == backend}
    if "BACKEND" not in stats:
        raise ActionFailed(
            f"the HAProxy that answers (process {info.get('Pid', '?')}) has no backend {backend}",
            "Correct socket or backend in the inventory; or another HAProxy has this socket.",
        )
    header, *lines = replies[2].splitlines()[1:]
    fields = header.lstrip("# ").split()
    states = (dict(zip(fields, line.split(), strict=False)) for line in lines if line.strip())
    servers = [_server(state, stats) for state in states if state["be_name"] == backend and state["srv_name"] in stats]
    return Seen(
        pid=int(info.get("Pid", 0)),
        uptime_s=int(info.get("Uptime_sec", 0)),
        version=info.get("Version", "?"),
        servers={server.name: server for server in servers},
    )


def _server(state: Mapping[str, str], stats: Mapping[str, Mapping[str, str]]) -> Server:
    row = stats[state["srv_name"]]
    admin, address = int(state["srv_admin_state"]), state["srv_addr"]
    return Server(
        name=state["srv_name"],
        address=f"[{address}]:{state['srv_port']}" if ":" in address else f"{address}:{state['srv_port']}",
        state="maint" if admin & _MAINT else "drain" if admin & _DRAIN else "ready",
        weight=int(state["srv_uweight"]),
        base=int(state["srv_iweight"]),
        status=row["status"],
        check=row["check_status"].removeprefix("* "),
        last_check=row["last_chk"] or row["check_desc"],
        sessions=_sum(row, "scur", "qcur"),
        requests=_sum(row, "stot"),
        errors=_sum(row, "hrsp_5xx", "econ", "eresp"),
    )


def _sum(row: Mapping[str, str], *names: str) -> int:
    return sum(int(row[name] or 0) for name in names)
