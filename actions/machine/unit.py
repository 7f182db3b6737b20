"""The systemd unit in which a server's process runs, which may differ from the one in the inventory.

``systemctl stop`` of a unit succeeds whether the server lies in it or not (seen on systemd 252: one that pg_ctl started
runs on), and a unit with ``Restart=`` brings back what was stopped beside it.
"""

from __future__ import annotations

import re

import msgspec

from actions.machine.machine import Machine

_CGROUP = re.compile(r"^(?:\d+:name=systemd|0:):(\S*)$", re.MULTILINE)
_SHOW = "LoadState,ActiveState,SubState,Restart,RestartUSec,MainPID,Result"

_PARENT = 'p=$(ps -o ppid= -p "$1" | tr -d " "); [ "${p:-1}" = 1 ] || ps -o args= -p "$p"'
"""Prints the parent's command line, but none for pid 1: it adopts orphaned processes and does not supervise them."""


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A systemd unit, as ``systemctl show`` tells it; all empty where there is no systemd."""

    name: str = ""
    load: str = ""
    active: str = ""
    sub: str = ""
    restart: str = ""
    main_pid: int = 0
    result: str = ""

    def __str__(self) -> str:
        """Return its name and what it would do."""
        again = f", Restart={self.restart}" if self.restart not in ("", "no") else ""
        return f"{self.name} ({self.load if self.load != 'loaded' else self.active}{again})"


def unit_of(machine: Machine, pid: int) -> str:
    """Return the unit that a process lies in (``postgresql@15-main.service``, ``session-3.scope``); empty: in none."""
    done = machine.query(["cat", f"/proc/{pid}/cgroup"])
    for place in _CGROUP.findall(done.out):
        name: str = place.rpartition("/")[2]
        if name.endswith((".service", ".scope")):
            return name
    return ""


def show_unit(machine: Machine, name: str) -> Unit:
    """Return what systemd says of a unit."""
    if not name:
        return Unit()
    done = machine.query(["sh", "-c", f'systemctl show --property={_SHOW} -- "$1" 2>/dev/null', "sh", name])
    said = dict(line.partition("=")[::2] for line in done.out.splitlines())
    return Unit(
        name=name,
        load=said.get("LoadState", ""),
        active=said.get("ActiveState", ""),
        sub=said.get("SubState", ""),
        restart=said.get("Restart", ""),
        main_pid=int(said.get("MainPID") or 0),
        result=said.get("Result", ""),
    )


def own_unit(machine: Machine, pid: int) -> Unit:
    """Return the service that keeps this very process; none where it lies in a session, or in a stranger's service."""
    found = show_unit(machine, unit_of(machine, pid))
    its_own = found.main_pid == pid or (not found.main_pid and found.active == "activating")  # not told to systemd yet
    return found if found.name.endswith(".service") and its_own else Unit()


def who_runs(machine: Machine, pid: int) -> str:
    """Return who a process belongs to, in words: its unit, else the program that started it."""
    name = unit_of(machine, pid)
    if name.endswith(".service"):
        return f"in the unit {show_unit(machine, name)}"
    parent = machine.query(["sh", "-c", _PARENT, "sh", str(pid)])
    by = " ".join(parent.out.split())[:80]
    return f"{f'in {name}, ' if name else ''}{f'started by {by}' if by else 'whoever started it is gone'}"
