"""Stops a server by whatever supervises it, and verifies that it stays down."""

from __future__ import annotations

import time

from actions.machine.machine import last_words
from actions.machine.unit import own_unit, show_unit, unit_of, who_runs
from actions.outcome import ActionFailed, Cancelled, Cure
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.server import Server
from actions.systems.postgres.service import stop_service
from actions.transport import Completed

_STOP_S = 60.0
_STAYS_DOWN_S = 1.5
"""Seconds in which a supervisor that checks once a second would restart the server (systemd's default is 0.1 s)."""


def stop_server(server: Server, pid: int, *, immediate: bool) -> None:
    """Stop the server, and verify that it is down and stays down.

    Raises:
        ActionFailed: it goes on, or something starts it again.
    """
    done = _stop_by_supervisor(server, pid, immediate=immediate)
    if postmaster(server) == pid and _is_unsupervised(server, pid, done):
        done = _stop_directly(server, pid, immediate=immediate)
    if not _gone(server, pid):
        raise ActionFailed(
            f"{server.name} did not stop within {_STOP_S:.0f} s: {last_words(done)}",
            left_behind="The server is shutting down and takes no new connections.",
            cures=_against_hanging(server, pid),
        )
    _require_stays_down(server)


def _against_hanging(server: Server, pid: int) -> list[Cure]:
    """Return what helps where a server goes on shutting down."""
    waits = (
        f"Look for a backup or a long checkpoint in its log (it runs {who_runs(server, pid)}), and wait for its end."
    )
    at_once = Cure(
        words="Stop it without waiting for sessions and a checkpoint.",
        action="postgres.stop",
        params={"immediate": True},
        cost="the next start replays the log",
    )
    return [at_once, Cure(words=waits)]


def _stop_by_supervisor(server: Server, pid: int, *, immediate: bool) -> Completed:
    """Stop it by the unit that keeps it, whatever the inventory says: stopped beside it, it would be started again."""
    if not server.exists(f"{server.data}/postmaster.pid") and not unit_of(server, pid).endswith(".service"):
        return _stop_directly(server, pid, immediate=immediate)  # its directory is gone: the kernel finds it
    service, unit = server.settings.service, own_unit(server, pid)
    named = service.unit.removesuffix(".service") if service.manager == "systemd" else ""
    if not unit.name or unit.name.removesuffix(".service") == named:
        return stop_service(server, "stop", immediate=immediate, timeout_s=_STOP_S)
    said = f"the unit {service.unit}" if service.manager == "systemd" else service.manager
    server.ctx.log(
        f"{server.name} (pid {pid}) lies in the unit {unit}; the inventory says {said}. That unit is stopped."
    )
    return stop_service(server, "stop", immediate=immediate, timeout_s=_STOP_S, unit=unit.name)


def _is_unsupervised(server: Server, pid: int, done: Completed) -> bool:
    """Whether systemd has stopped its unit, and the server lies outside of it: that succeeds, and it runs on."""
    service = server.settings.service
    if service.manager != "systemd" or own_unit(server, pid).name:
        return False
    unit = show_unit(server, service.unit)
    server.ctx.log(
        f"systemctl ended with {done.code}, the unit is {unit}, and {server.name} runs on: pid {pid} lies outside "
        f"of it, {who_runs(server, pid)}. It is stopped by a signal.",
        "err",
    )
    return True


def _stop_directly(server: Server, pid: int, *, immediate: bool) -> Completed:
    return server.run("stop-directly", ["kill", "-QUIT" if immediate else "-INT", str(pid)], timeout_s=10)


def _gone(server: Server, pid: int) -> bool:
    end = time.monotonic() + _STOP_S
    while postmaster(server) == pid:
        if server.ctx.cancelled:
            raise Cancelled("The server was told to stop, and goes on shutting down.")
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def _require_stays_down(server: Server) -> None:
    end = time.monotonic() + _STAYS_DOWN_S
    while True:
        if pid := postmaster(server):
            raise ActionFailed(
                f"{server.name} was stopped, and something started it again: pid {pid}, {who_runs(server, pid)}.",
                "Stop or disable what does that (a unit, a supervisor, a container's restart policy, cron) first.",
                left_behind="The server runs.",
            )
        if time.monotonic() > end:
            return
        time.sleep(0.2)
