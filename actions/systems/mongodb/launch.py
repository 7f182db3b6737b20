"""Starts a mongod and waits until it serves; says in its own words why it did not."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from actions.machine.machine import last_words
from actions.machine.service import start_line
from actions.machine.unit import show_unit
from actions.outcome import ActionFailed, Cancelled
from actions.systems.mongodb.causes import RESTORE, cause_of
from actions.systems.mongodb.config_file import find_config_file, replica_set_of
from actions.systems.mongodb.connection import CannotConnect
from actions.systems.mongodb.damage import damage_cure, damage_facts, damage_found
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.server_log import grave_messages, lines_since, log_size
from actions.systems.mongodb.state import ARBITER, PRIMARY, SECONDARY, ask, newest_write, read_state
from actions.systems.mongodb.verified_connection import connect_verified
from journal.errors import CleoError
from journal.events.measured import Measured

_LAUNCH_S = 600
_PAUSE_S = 0.2


def require_member_of_its_set(server: Server) -> None:
    """Refuse to start a set's data as a server of its own: it would show less than was acknowledged.

    Raises:
        ActionFailed: its configuration names another set than the inventory, or none.
    """
    wanted, would_be = server.settings.replica_set, replica_set_of(server)
    if wanted and would_be is not None and would_be != wanted:
        path = find_config_file(server) or "its configuration"
        raise ActionFailed(
            f"{path} starts {server.name} {f'in the replica set {would_be}' if would_be else 'in no replica set'}, and "
            f"its data is of the set {wanted}: so it would show less than was acknowledged.",
            f"Write `replSetName: {wanted}` under replication: there, then start it.",
            left_behind="Nothing was changed; the server is down.",
        )


def launch(server: Server, key: str, deadline_s: float) -> None:
    """Start the server and wait until it serves. Call it only where ``effect`` said True.

    Args:
        server: the server; its data was looked at before.
        key: the program's name within the run.
        deadline_s: seconds until it must be primary or secondary of its set; recovery may take long.

    Raises:
        ActionFailed: it did not start, and why.
        Cancelled: somebody asked the action to stop; the server goes on starting.
    """
    wait_until_serving(server, deadline_s, start_process(server, key))


def start_process(server: Server, key: str) -> int:
    """Start the server, and return how long its log was before, in bytes; it need not serve yet.

    Raises:
        ActionFailed: it did not start, and why.
    """
    size = log_size(server)
    line = start_line(server.settings.service, server.host, server.run_as)
    done = server.run(key, line.argv, timeout_s=_LAUNCH_S, user=line.user)
    if done.code != 0:
        raise _not_started(server, size, last_words(done))
    return size


def wait_until_serving(server: Server, deadline_s: float, size: int = 0) -> None:
    """Wait until a server that was started takes connections, and is primary or secondary of its set.

    Args:
        server: the server.
        deadline_s: seconds until then.
        size: how long its log was when it was started, in bytes.

    Raises:
        ActionFailed: it ended, or does not come so far in time.
        CannotConnect: another server answers, or it does not let us in.
        Cancelled: somebody asked the action to stop; the server goes on.
    """
    end, trouble = time.monotonic() + deadline_s, "it does not answer"
    while time.monotonic() < end:
        if server.ctx.cancelled:
            raise Cancelled("The server was launched, and goes on starting.")
        if (trouble := _not_serving(server)) == "":
            return
        if not _alive_soon(server):
            raise _not_started(server, size, "it ended")
        time.sleep(_PAUSE_S)
    raise ActionFailed(
        f"{server.name} is not up after {deadline_s:.0f} s: {trouble}.",
        "See its log (mongodb.log); a member that copies its data from another may take hours.",
        left_behind="The server was launched and is not ready.",
    )


def came_back(server: Server) -> Measured:
    """Return what a start brought back: the newest write that was made before the server began this time."""
    try:
        with connect_verified(server) as client:
            status = ask(client, "serverStatus")
            began = status["localTime"].astimezone(UTC) - timedelta(milliseconds=int(status["uptimeMillis"]))
            at: datetime | None = newest_write(client, server.settings.heartbeat, before=began)
    except CleoError as error:
        server.ctx.log(f"What came back is not measured: {error.message}", "err")
        return Measured()
    return Measured(recovered_to=at, newest_commit_at=at)


def _not_serving(server: Server) -> str:
    """Return why it does not serve yet; empty once it does."""
    try:
        with connect_verified(server, deadline_s=5) as client:
            state = read_state(client)
    except CannotConnect as error:
        if error.why in ("password", "tls", "another", "unproven"):
            raise
        return error.message
    if not server.settings.replica_set and not state.members:
        return ""
    alone = len(state.members) == 1
    if state.state == PRIMARY or (state.state in (SECONDARY, ARBITER) and not alone):
        return ""
    return f"its state is {state.state or 'that of no replica set: it was not initiated'}"


def _alive_soon(server: Server) -> bool:
    """Whether its process is there, or systemd is still at it: what its unit does before is not the server's end."""
    end, service = time.monotonic() + 2, server.settings.service
    while not server.process():
        if time.monotonic() > end:
            return service.manager == "systemd" and show_unit(server, service.unit).active == "activating"
        time.sleep(_PAUSE_S)
    return True


def _not_started(server: Server, size: int, words: str) -> ActionFailed:
    """Return the error for a server that ended as it started: its own words, and the smallest cure for those."""
    messages = grave_messages(lines_since(server, size)) or [words]
    line, cure = cause_of([*messages, words])
    said = line or "; ".join(messages[:2])
    damaged = cure == RESTORE
    unknown = f"Its log {server.settings.service.log} tells more. Only if it names damaged or missing data, restore."
    return ActionFailed(
        f"{server.name} could not be started: {said}",
        "" if damaged else cure or unknown,
        left_behind="The server is down; its data was not changed by cleo.",
        facts=damage_facts([said] if damaged else []),
        cures=[damage_cure(server)] if damaged else [],
        findings=[damage_found(server, said)] if damaged else [],
    )
