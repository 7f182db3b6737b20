"""A BIND of a lab: started, stopped, asked."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from actions.systems.dns.exchange import NoAnswer, ask
from actions.systems.dns.settings import NameServer
from cleo_console.lab.dns.place import SERVERS, ZONE, Place
from cleo_console.lab.processes import Process, lab_processes, signal_process
from cleo_console.lab.workspace import SYSTEM_PATH
from journal.errors import CleoError

if TYPE_CHECKING:
    from dns.message import Message

_WAIT_S, _PAUSE_S = 30.0, 0.02


def find_programs() -> str:
    """Return the folder that holds BIND's programs, or say how to install them.

    Raises:
        CleoError: named is missing.
    """
    found = shutil.which("named", path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")
    if not found:
        sudo = "" if os.geteuid() == 0 else "sudo "
        raise CleoError(
            "The lab needs a program that is not installed: named.",
            f"Install it: {sudo}apt-get install --no-install-recommends bind9",
        )
    return str(Path(found).parent)


def process_of(place: Place, server: str) -> Process | None:
    """Return a server's process; None where it does not run."""
    config = str(place.config(server))
    found = lab_processes(place.workspace.directory)
    return next((one for one in found if one.program == "named" and config in one.arguments), None)


def start(place: Place, server: str) -> None:
    """Start one server, and wait until it answers for the zone.

    Raises:
        CleoError: it does not.
    """
    if process_of(place, server):
        return
    named = str(Path(place.programs) / "named")
    place.at(server).spawn([named, "-g", "-n", "1", "-c", str(place.config(server))], place.log(server))
    wait(lambda: answers(place, server), f"{server} does not answer for {ZONE}: see {place.log(server)}")


def start_all(place: Place) -> list[str]:
    """Start those that do not run, the primary first; return their names."""
    missing = [server for server in SERVERS if not process_of(place, server)]
    for server in missing:
        start(place, server)
    return missing


def end(place: Place, server: str, how: signal.Signals = signal.SIGTERM) -> None:
    """End one server, and wait until it is gone.

    Raises:
        CleoError: it does not run, or does not end.
    """
    process = process_of(place, server)
    if process is None:
        raise CleoError(f"{server} does not run in the lab.", "Start it again: cleo lab up.")
    signal_process(process, how, place.workspace.directory)
    wait(lambda: process_of(place, server) is None, f"{server} does not end")


def query(place: Place, server: str, name: str, kind: str) -> Message:
    """Return a server's answer to one question.

    Raises:
        NoAnswer: there is none.
    """
    import dns.message

    where = NameServer(name=server, address=place.station(server).address, port=place.ports[server])
    return ask(where, dns.message.make_query(name, kind), 2.0)


def answers(place: Place, server: str) -> bool:
    """Whether a server answers for the zone."""
    try:
        return bool(query(place, server, ZONE, "SOA").answer)
    except NoAnswer:
        return False


def wait(reached: Callable[[], bool], otherwise: str) -> None:
    """Wait for a state.

    Raises:
        CleoError: it does not come.
    """
    end_at = time.monotonic() + _WAIT_S
    while not reached():
        if time.monotonic() > end_at:
            raise CleoError(f"{otherwise} within {_WAIT_S:.0f} s.", "Start over with `cleo lab down`.")
        time.sleep(_PAUSE_S)
