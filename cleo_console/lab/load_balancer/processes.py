"""The processes of a lab's load balancer: HAProxy, and a server for each address."""

from __future__ import annotations

import http.client
import signal
import sys
import time

from cleo_console.lab.load_balancer.place import SITES, Place
from cleo_console.lab.processes import Process, gone, lab_processes, signal_process
from journal.errors import CleoError

SERVERS = tuple(name for names in SITES.values() for name in names)
_READY_S = 15.0


def haproxy(place: Place) -> list[Process]:
    """Return HAProxy's processes: the master, and its workers."""
    return [one for one in lab_processes(place.directory) if one.program == "haproxy"]


def server(place: Place, name: str) -> Process | None:
    """Return the process of a server."""
    mine = (one for one in lab_processes(place.directory) if str(place.application) in one.arguments)
    return next((one for one in mine if one.arguments[-1] == name), None)


def start_server(place: Place, name: str) -> None:
    """Start a server and wait until it answers."""
    argv = [sys.executable, "-I", str(place.application), str(place.ports[name]), name]
    place.workspace.spawn(argv, place.workspace.log(name))
    _wait(place, f"127.0.0.1:{place.ports[name]}", name)


def start_haproxy(place: Place) -> None:
    """Start HAProxy and wait until it serves."""
    argv = [place.program, "-W", "-D", "-p", str(place.pid_file), "-f", str(place.config)]
    place.workspace.spawn(argv, place.workspace.log("haproxy"))
    _wait(place, place.frontend, "HAProxy")


def end(place: Place, process: Process, number: signal.Signals = signal.SIGKILL) -> None:
    """End a process and wait until it is gone.

    Raises:
        CleoError: it survives.
    """
    signal_process(process, number, place.directory)
    until = time.monotonic() + _READY_S
    while any(one.pid == process.pid and one.started == process.started for one in lab_processes(place.directory)):
        if time.monotonic() > until:
            raise CleoError(f"Process {process.pid} ({process.program}) does not end.", "Look at it.")
        time.sleep(0.02)


def end_haproxy(place: Place) -> int:
    """Kill HAProxy, the master and its workers; return how many processes that were."""
    found = haproxy(place)
    for process in found:
        end(place, process)
    return len(found)


def end_all(place: Place) -> None:
    """End every process of the service."""
    for process in lab_processes(place.directory):
        signal_process(process, signal.SIGTERM, place.directory)
    if not gone(place.directory, 3.0):
        gone(place.directory, 10.0, kill=True)


def _wait(place: Place, address: str, what: str) -> None:
    until = time.monotonic() + _READY_S
    while not _answers(address):
        if time.monotonic() > until:
            raise CleoError(f"{what} does not answer at {address}.", f"See {place.directory / 'log'}.")
        time.sleep(0.02)


def _answers(address: str) -> bool:
    """Whether something at the address answers a request with anything."""
    link = http.client.HTTPConnection(address, timeout=2)
    try:
        link.request("GET", "/health")
        return link.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()
