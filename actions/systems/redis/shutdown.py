"""Stops a Redis server so that what it leaves on disk is known, and verifies that it stays down."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from actions.machine.machine import last_words
from actions.machine.service import stop_line
from actions.machine.unit import own_unit, who_runs
from actions.outcome import ActionFailed, Cancelled, Cure
from actions.systems.redis.configuration import read_configuration
from actions.systems.redis.files import look_at_files
from actions.systems.redis.heartbeat import newest_write
from actions.systems.redis.server import Server
from actions.systems.redis.verified_connection import connect_verified
from actions.transport import Completed
from journal.errors import CleoError

if TYPE_CHECKING:
    from redis import Redis

STOP_S = 120.0
"""Seconds for a clean stop, in which it may write all its data."""
_ASK_AGAIN_S = 3.0
"""Seconds after which it is asked again: it refuses while it writes its first append-only file ("can't exit"), as after
a full copy of its master, and forgets that it was asked (`prepareForShutdown` of Redis 7)."""
_STAYS_DOWN_S, _PAUSE_S = 1.5, 0.1
"""A supervisor that checks once a second would restart it within that (systemd's default is 0.1 s)."""


_KEEP = """
kept="$1.kept-$(date -u -d "@$(stat -c %Y -- "$1")" +%Y%m%dT%H%M%SZ)"
[ "$1" -ef "$kept" ] || ln -- "$1" "$kept" || exit 1
echo "$kept"
"""


def stop_server(server: Server, pid: int, *, immediate: bool) -> None:
    """Stop the server, and verify that it is down and stays down.

    Args:
        server: the server.
        pid: its process.
        immediate: end it without letting it write anything.

    Raises:
        ActionFailed: it goes on, or something starts it again.
    """
    done = _ask_to_stop(server, pid, immediate=immediate)
    end, again, times = time.monotonic() + STOP_S, time.monotonic() + _ASK_AGAIN_S, 1
    while _is_there(server, pid):
        if not immediate and time.monotonic() > again:
            times, again = times + 1, time.monotonic() + _ASK_AGAIN_S
            server.run(f"stop-again-{times}", ["kill", "-TERM", str(pid)], timeout_s=10)
        if server.ctx.cancelled:
            raise Cancelled("The server was told to stop, and goes on shutting down.")
        if time.monotonic() > end:
            raise ActionFailed(
                f"{server.name} did not stop within {STOP_S:.0f} s: {last_words(done)}",
                left_behind="The server was told to stop, and runs.",
                cures=[_at_once()],
            )
        time.sleep(_PAUSE_S)
    _require_stays_down(server)


def _at_once() -> Cure:
    return Cure(
        words="End it without letting it write anything.",
        action="redis.stop",
        params={"immediate": True},
        cost="with append-only files: the last second; without: all since its last save",
    )


def _ask_to_stop(server: Server, pid: int, *, immediate: bool) -> Completed:
    """Stop it by the unit that keeps it, whatever the inventory says: stopped beside it, it would be started again."""
    service, unit = server.settings.service, own_unit(server, pid)
    name = unit.name or (service.unit if service.manager == "systemd" else "")
    if immediate:
        kill = 'kill -KILL "$1"; [ -z "$2" ] || systemctl stop "$2"'
        return server.run("kill", ["sh", "-c", kill, "sh", str(pid), name], timeout_s=STOP_S, user="" if name else None)
    if unit.name:
        return server.run("stop", ["systemctl", "stop", unit.name], timeout_s=STOP_S, user="")
    line = stop_line(service, server.settings.host, server.settings.run_as, pid)
    done = server.run("stop", line.argv, timeout_s=STOP_S, user=line.user)
    if service.manager == "systemd" and _is_there(server, pid):
        server.ctx.log(f"{server.name} (pid {pid}) lies outside of the unit {service.unit}; it is ended by a signal.")
        return server.run("stop-directly", ["kill", "-TERM", str(pid)], timeout_s=10)
    return done


def _is_there(server: Server, pid: int) -> bool:
    found = server.process()
    return found is not None and found.pid == pid


def _require_stays_down(server: Server) -> None:
    end = time.monotonic() + _STAYS_DOWN_S
    while True:
        if found := server.process():
            raise ActionFailed(
                f"{server.name} was stopped, and something started it again: pid {found.pid}, "
                f"{who_runs(server, found.pid)}.",
                "Stop or disable what does that (a unit, a supervisor, a container's restart policy, cron) first.",
                left_behind="The server runs.",
            )
        if time.monotonic() > end:
            return
        time.sleep(_PAUSE_S)


def may_configure(client: Redis) -> bool:
    """Whether CONFIG can be used: it may be renamed, or not ours to use."""
    from redis import RedisError

    try:
        client.config_get("save")
    except RedisError:
        return False
    return True


@contextmanager
def saving_forbidden(server: Server, *, wanted: bool) -> Iterator[None]:
    """Have a server write no RDB file as it stops; where it does not stop it saves again as it did before.

    Args:
        server: the server.
        wanted: whether that is wanted at all.
    """
    before = _save_points(server) if wanted else ""
    if wanted and (trouble := forbid_save(server)):
        server.ctx.log(f"It could not be kept from saving as it stops: {trouble}", "err")
    try:
        yield
    except (ActionFailed, Cancelled):
        if before and (trouble := forbid_save(server, before)):
            server.ctx.log(f"It saves nothing by itself now, and could not be told to again: {trouble}", "err")
        raise


def _save_points(server: Server) -> str:
    try:
        with connect_verified(server) as client:
            found: Any = client.config_get("save")
    except CleoError:
        return ""
    return str(found.get("save", ""))


def forbid_save(server: Server, points: str = "") -> str:
    """Have a running server write no RDB file any more, neither by itself nor as it stops; a restart forgets it.

    Args:
        server: the server.
        points: the save points that it shall have instead (``save`` of its configuration).

    Returns:
        why that cannot be; empty: it is so.
    """
    try:
        with connect_verified(server) as client:
            client.config_set("save", points)
    except CleoError as error:
        return error.message
    return ""


def keep_dump(server: Server, dump: str) -> str:
    """Give the RDB file a second name, by when it was written, so that a save leaves it as it is; return that name.

    It takes no room.

    Raises:
        ActionFailed: that cannot be done.
    """
    done = server.run("keep-dump", ["sh", "-c", _KEEP, "sh", dump], timeout_s=30)
    if done.code != 0:
        raise ActionFailed(
            f"The RDB file {dump} cannot be kept before the server writes a new one: {last_words(done)}",
            "Nothing was done. Copy it elsewhere by hand, then stop the server.",
        )
    return done.out.strip()


def seen_before(server: Server, deadline_s: float = 5) -> Mapping[str, Any]:
    """Return what the server says before it is stopped, or after its start: all that tells of it should it be lost."""
    try:
        with connect_verified(server, deadline_s=deadline_s) as client:
            info: dict[str, Any] = client.info("everything")
            newest = newest_write(client, server.settings)[0]
            return {**info, "newest": newest, "may_configure": may_configure(client)}
    except CleoError as error:
        server.ctx.log(f"What {server.name} holds is not measured: {error.message}", "err")
        return {}


def what_a_stop_writes(server: Server, seen: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a clean stop writes, in words, and the RDB file that it would overwrite; empty: none."""
    conf = read_configuration(server)
    files = look_at_files(server, conf)
    dump = f"{server.data}/{files.dump.name}" if files.dump else ""
    if seen.get("aof_enabled") and seen.get("aof_last_write_status") == "ok":
        if seen.get("may_configure"):
            return "its append-only files are complete, and its RDB file stays as it is", ""
        return "its append-only files are complete; it may write its RDB file anew", dump
    if not seen and not conf.saves:
        return "it cannot be asked what it writes", dump
    if conf.saves:
        return "it writes all its data to a new RDB file", dump
    return "IT KEEPS NOTHING: neither RDB nor append-only files are on, and all its data is lost", ""
