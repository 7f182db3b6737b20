"""Stops a server by whatever supervises it, and verifies that it is down and stays down."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec

from actions.machine.listener import Worker
from actions.machine.machine import Machine, last_words
from actions.machine.service import Service, stop_line
from actions.machine.unit import own_unit, who_runs
from actions.outcome import ActionFailed, Cancelled, Cure, Settling
from actions.transport import Completed

_STAYS_DOWN_S, _PAUSE_S = 1.5, 0.1
"""A supervisor that checks once a second would restart it within that (systemd's default is 0.1 s)."""


def nothing_to_stop(action: str) -> Settling:
    """Return that ``action``, a stop, has nothing to do: a look saw that no process runs.

    It is said to be impossible, for what is needless while a server answers is open again once that is seen down.
    """
    return Settling(action=action, use="impossible", words="no process runs")


def stoppable_again(action: str) -> list[Settling]:
    """Return that there is something to stop again by ``action``: a start says so of its server."""
    return [Settling(action=action, use="open")]


class Stoppable(msgspec.Struct, frozen=True, kw_only=True):
    """A server that is to be stopped.

    Attributes:
        machine: its host.
        name: its name in the inventory.
        service: what the inventory says of starting and stopping it.
        process: finds the process that has its data open now.
        patience_s: seconds for a clean stop.
        hanging: what helps where it does not stop.
    """

    machine: Machine
    name: str
    service: Service
    process: Callable[[], Worker | None]
    patience_s: float
    hanging: Sequence[Cure] = ()


def stop_server(server: Stoppable, pid: int, *, immediate: bool) -> None:
    """Stop a server, and verify that it is down and stays down. Call it only where ``effect`` said True.

    Args:
        server: the server.
        pid: its process, proven to be the one that is meant.
        immediate: end it at once (SIGKILL), without letting it write anything.

    Raises:
        ActionFailed: it goes on, or something starts it again.
        Cancelled: somebody asked the action to stop; it goes on shutting down.
    """
    done = _ask_to_stop(server, pid, immediate=immediate)
    end = time.monotonic() + server.patience_s
    while _is_there(server, pid):
        if server.machine.ctx.cancelled:
            raise Cancelled("The server was told to stop, and goes on shutting down.")
        if time.monotonic() > end:
            raise ActionFailed(
                f"{server.name} did not stop within {server.patience_s:.0f} s: {last_words(done)}",
                left_behind="The server was told to stop, and runs.",
                cures=server.hanging,
            )
        time.sleep(_PAUSE_S)
    _require_stays_down(server)


def _ask_to_stop(server: Stoppable, pid: int, *, immediate: bool) -> Completed:
    """Stop it by the unit that keeps it, whatever the inventory says: stopped beside it, it would be started again."""
    machine, service, unit = server.machine, server.service, own_unit(server.machine, pid)
    name = unit.name or (service.unit if service.manager == "systemd" else "")
    if immediate:
        kill = 'kill -KILL "$1"; [ -z "$2" ] || systemctl stop "$2"'
        argv = ["sh", "-c", kill, "sh", str(pid), name]
        return machine.run("kill", argv, timeout_s=server.patience_s, user="" if name else None)
    if unit.name:
        return machine.run("stop", ["systemctl", "stop", unit.name], timeout_s=server.patience_s, user="")
    line = stop_line(service, machine.host, machine.run_as, pid)
    done = machine.run("stop", line.argv, timeout_s=server.patience_s, user=line.user)
    if service.manager == "systemd" and _is_there(server, pid):
        machine.ctx.log(f"{server.name} (pid {pid}) lies outside of the unit {service.unit}; it is ended by a signal.")
        return machine.run("stop-directly", ["kill", "-TERM", str(pid)], timeout_s=10)
    return done


def _is_there(server: Stoppable, pid: int) -> bool:
    """Whether it goes on, or is still ending: its port is free only once its last thread has gone.

    Its first thread is a zombie before that, and shows none of its files any more.
    """
    found = server.process()
    if found is not None and found.pid == pid:
        return True
    lives = "^State:[[:space:]]*[^ZX]|^Threads:[[:space:]]*([2-9]|[1-9][0-9])"
    return server.machine.query(["grep", "-Eq", lives, f"/proc/{pid}/status"]).code == 0


def _require_stays_down(server: Stoppable) -> None:
    end = time.monotonic() + _STAYS_DOWN_S
    while True:
        if found := server.process():
            raise ActionFailed(
                f"{server.name} was stopped, and something started it again: pid {found.pid}, "
                f"{who_runs(server.machine, found.pid)}.",
                "Stop or disable what does that (a unit, a supervisor, a container's restart policy, cron) first.",
                left_behind="The server runs.",
            )
        if time.monotonic() > end:
            return
        time.sleep(_PAUSE_S)
