"""A Redis server of a lab: started, stopped, waited for."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from cleo_console.lab.clock import behind
from cleo_console.lab.processes import PROC, Process, lab_processes, signal_process
from cleo_console.lab.redis.node import Node
from journal.errors import CleoError

RECOVER = "Recover it first, or start over with `cleo lab down`."
_START_S, _STOP_S, _PAUSE_S = 60.0, 60.0, 0.05
_ASK_AGAIN_S = 1.0
"""Seconds after which it is asked to stop again: it refuses while it writes its first append-only file."""


class _Ended(CleoError):
    """The server is gone: nobody waits for it any longer."""


def start(node: Node, environment: dict[str, str] | None = None) -> None:
    """Start the server, with further variables, and wait until it has loaded its data.

    Raises:
        CleoError: it did not start.
    """
    node.run([*behind(environment), node.program("redis-server"), str(node.config_file)])
    _wait(lambda: _is_up(node), _START_S, f"{node.name} does not take connections", node)


def stop(node: Node) -> None:
    """Stop the server cleanly: it writes its RDB file.

    Raises:
        CleoError: it did not stop.
    """
    asked = 0.0

    def is_gone() -> bool:
        nonlocal asked
        process = server_process(node)
        if process and time.monotonic() - asked > _ASK_AGAIN_S:
            signal_process(process, signal.SIGTERM, node.directory)
            asked = time.monotonic()
        return process is None

    _wait(is_gone, _STOP_S, f"{node.name} does not stop", node)


def save(node: Node) -> None:
    """Write the RDB file now, and wait for it."""
    with node.client(deadline_s=600) as client:
        client.save()


def wait_until_followed(replica: Node) -> None:
    """Wait until a replica has its primary's data, and follows.

    Raises:
        CleoError: it does not come to that.
    """
    trouble = f"{replica.name} does not follow {replica.primary}"
    _wait(lambda: replica.info("replication").get("master_link_status") == "up", _START_S, trouble, replica)


def wait_until_gone(node: Node) -> None:
    """Wait until no server works in the data directory any more.

    Raises:
        CleoError: one still does.
    """
    _wait(lambda: server_process(node) is None, _STOP_S, f"{node.name} does not end", node)


def server_process(node: Node) -> Process | None:
    """The server's process, found by the directory it works in; not the copies of itself that it forks to save."""
    found = [each for each in lab_processes(node.directory) if _works_in(each, node)]
    pids = {each.pid for each in found}
    return next((each for each in found if _parent(each.pid) not in pids), None)


def server_pid(node: Node) -> int | None:
    """The server's pid; None where it does not run."""
    process = server_process(node)
    return process.pid if process else None


def require_running(node: Node) -> Process:
    """Return the server's process, or refuse what needs a server that runs.

    Raises:
        CleoError: it does not run.
    """
    if process := server_process(node):
        return process
    raise CleoError(f"{node.name} does not run in the lab.", RECOVER)


def _is_up(node: Node) -> bool:
    if server_process(node) is None:
        said = node.server_log.read_text(errors="replace").splitlines()[-1:] if node.server_log.exists() else []
        raise _Ended(f"{node.name} went down while it started: {' '.join(said)}", f"See {node.server_log}.")
    return not node.info("persistence")["loading"]


def _works_in(process: Process, node: Node) -> bool:
    if any("[sentinel]" in word for word in process.arguments):  # the same program, and perhaps the same directory
        return False
    if process.program not in ("redis-server", "redis-check-rdb"):  # Debian's server is a link to the latter
        return False
    try:
        place = str((PROC / str(process.pid) / "cwd").readlink()).removesuffix(" (deleted)")
    except OSError:
        return False
    return place == str(node.data_directory)


def _parent(pid: int) -> int:
    try:
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _wait(wanted: Callable[[], bool], seconds: float, trouble: str, node: Node) -> None:
    end = time.monotonic() + seconds
    said = ""
    while True:
        try:
            if wanted():
                return
        except _Ended:
            raise
        except CleoError as error:
            said = f": {error.message}"
        if time.monotonic() > end:
            raise CleoError(f"{trouble} within {seconds:.0f} s{said}.", f"See {node.server_log}.")
        time.sleep(_PAUSE_S)
