"""Starts and stops the server's service with systemd, pg_ctlcluster or pg_ctl."""

from __future__ import annotations

import time

from actions.machine.machine import last_words
from actions.machine.unit import show_unit
from actions.outcome import ActionFailed, Cancelled
from actions.systems.postgres.causes import cure_of_lines
from actions.systems.postgres.command_lines import start_line, stop_line
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.cures import known_cure
from actions.systems.postgres.hba import config_file
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.replay_state import explain, observe_replay, require_our_port
from actions.systems.postgres.server import Server
from actions.systems.postgres.server_log import fatal_messages, log_file, mark, new_lines, words_of
from actions.systems.postgres.verified_connection import connect_verified
from actions.transport import Completed

_LAUNCH_S = 120
_PAUSE_S = 0.2


def start_service(server: Server, key: str) -> Completed:
    """Launch the server; do not wait until it takes connections: recovery may take long. Keeps nothing waiting.

    Raises:
        ActionFailed: it was not even launched.
    """
    mark(server)
    launch = start_line(server.settings, _config(server))
    done = server.run(key, launch.argv, timeout_s=_LAUNCH_S, user=launch.user)
    if done.code != 0:
        line, cure = cure_of_lines([*f"{done.err}\n{done.out}".splitlines(), *new_lines(server)])
        words = last_words(done)
        said = words if not line or words_of(line) in words else f"{words} ({words_of(line)})"
        raise ActionFailed(
            f"{server.name} could not be launched: {said}",
            cure or _launch_hint(server),
            left_behind="The server is down.",
            cures=known_cure(server, cure),
        )
    return done


def stop_service(server: Server, key: str, *, immediate: bool, timeout_s: float, unit: str = "") -> Completed:
    """Ask the service manager to stop the server; ``immediate`` leaves the log to be replayed at the next start.

    ``unit`` is the systemd unit that it lies in, where that is another than the inventory says. That the manager did as
    it was told does not prove that the server stopped.
    """
    line = stop_line(server.settings, immediate=immediate, timeout_s=timeout_s, unit=unit)
    return server.run(key, line.argv, timeout_s=timeout_s + 10, user=line.user)


def _config(server: Server) -> str:
    """Return where ``postgresql.conf`` lies outside of the data directory; only ``pg_ctl`` must be told."""
    return config_file(server) if server.settings.service.manager == "pg_ctl" else ""


def wait_until_up(server: Server, deadline_s: float) -> None:
    """Wait until the server takes connections.

    Raises:
        ActionFailed: it went down again, or is not up after ``deadline_s`` seconds.
    """
    end = time.monotonic() + deadline_s
    trouble = ""
    while time.monotonic() < end:
        if server.ctx.cancelled:
            raise Cancelled("The server was launched, and goes on starting.")
        if (trouble := _not_up(server)) == "":
            return
        if not _alive_soon(server) and not _is_launching(server):
            raise went_down(server)
        if pid := postmaster(server):
            require_our_port(server, pid)
        time.sleep(_PAUSE_S)
    seen = observe_replay(server)
    why, cure = explain(server, seen.title, "")
    raise ActionFailed(
        f"{server.name} is not up after {deadline_s:.0f} s: {trouble}; {why}.",
        cure,
        left_behind="The server was launched and is not ready.",
        cures=known_cure(server, cure),
    )


def _launch_hint(server: Server) -> str:
    if server.settings.service.manager != "systemd":
        return "See its log."
    unit = show_unit(server, server.settings.service.unit)
    if unit.load == "masked":
        return f"Somebody masked the unit {unit.name}: ask why, then `systemctl unmask {unit.name}`."
    if unit.load == "not-found":
        return f"There is no unit {unit.name}: correct it in the inventory (`systemctl list-units 'postgres*'`)."
    return f"See `journalctl -u {unit.name}`."


def _unit_words(server: Server) -> str:
    """Return what a unit that was started, and did not start the server, is; empty where it cannot be the cause."""
    if server.settings.service.manager != "systemd":
        return ""
    unit = show_unit(server, server.settings.service.unit)
    if (unit.active, unit.sub) == ("active", "exited"):
        return (
            f"The unit {unit.name} is active without a process of its own, and starting it did nothing: name the one "
            "that runs this server in the inventory (postgresql@VERSION-CLUSTER)"
        )
    return f"The unit {unit.name} is {unit.active} ({unit.sub}), result {unit.result}"


def went_down(server: Server, hint: str = "", left_behind: str = "The server is down.") -> ActionFailed:
    """Return the error for a server that ended while it started: its own words, and the smallest cure for those.

    Args:
        server: the server.
        hint: what to do where its words name no cause that is known.
        left_behind: the state it left.
    """
    lines = new_lines(server)
    line, cure = cure_of_lines(lines)
    grave, cause = fatal_messages(lines), words_of(line)
    reason = "; ".join(dict.fromkeys(words for words in (grave, cause) if words)) or _unit_words(server)
    where = log_file(server.settings)
    unknown = f"Its log{f' {where}' if where else ''} tells more. Only if it names damaged or missing data, restore."
    return ActionFailed(
        f"{server.name} went down while it started{f': {reason}' if reason else ', and its log does not say why.'}",
        cure or hint or unknown,
        left_behind=left_behind,
        cures=known_cure(server, cure),
    )


def _not_up(server: Server) -> str:
    try:
        with connect_verified(server, deadline_s=5):
            return ""
    except CannotConnect as error:
        if error.why in ("password", "tls", "another", "unproven"):
            raise
        return error.message


def _is_launching(server: Server) -> bool:
    """Whether systemd is still at it: what its unit does before the server is not the server going down."""
    service = server.settings.service
    return service.manager == "systemd" and show_unit(server, service.unit).active in ("activating", "reloading")


def _alive_soon(server: Server) -> bool:
    """Whether a postmaster is there; a launch takes a moment to show in the process table."""
    end = time.monotonic() + 2
    while not postmaster(server):
        if time.monotonic() > end:
            return False
        time.sleep(_PAUSE_S)
    return True
