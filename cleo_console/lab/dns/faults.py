"""What can be broken in a lab's DNS. Each is done for real."""

from __future__ import annotations

import secrets
import signal
import sys
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

from cleo_console.lab.dns import server
from cleo_console.lab.dns.place import KEY, PRIMARY, SECONDARY, ZONE, Place, require
from cleo_console.lab.service import Done, FaultKind
from cleo_console.lab.workspace import write_secret

SCRIPT = Path(__file__).with_name("automation.py")
NAME = f"www.{ZONE}."
"""What the automation keeps as it was."""


def kill_primary(place: Place) -> Done:
    """Kill the server that takes updates."""
    return _kill(place, PRIMARY)


def kill_secondary(place: Place) -> Done:
    """Kill the secondary."""
    return _kill(place, SECONDARY)


def wrong_key(place: Place) -> Done:
    """Put another secret where the console reads the key's."""
    account, at = place.workspace.account, _now()
    write_secret(place.key_file, b64encode(secrets.token_bytes(32)).decode(), account.uid, account.gid)
    return f"{place.key_file} holds another secret than the servers have", {"at": at}


def automation(place: Place) -> Done:
    """Start what puts a record back as soon as somebody changes it, once."""
    require(server.process_of(place, PRIMARY) is not None, f"{PRIMARY} does not run in the lab.")
    at = _now()
    key = str(place.workspace.secrets / "key.conf")
    value, address = place.records[0]["sites"]["primary"]["A"][0], place.station(PRIMARY).address
    argv = [sys.executable, "-P", str(SCRIPT), address, str(place.ports[PRIMARY]), ZONE, NAME, value, KEY, key]
    place.workspace.spawn(argv, place.workspace.log("automation"))
    return f"an automation puts {NAME} A {value} back once, when somebody changes it", {"at": at}


def _kill(place: Place, name: str) -> Done:
    at = _now()
    server.end(place, name, signal.SIGKILL)
    return f"{name} was killed", {"at": at}


def _now() -> str:
    return datetime.now(UTC).isoformat()


FAULTS = (
    FaultKind("kill-primary", "kill the name server that takes updates", kill_primary),
    FaultKind("kill-secondary", "kill the other name server", kill_secondary),
    FaultKind("wrong-key", "give the console another secret than the servers have", wrong_key),
    FaultKind("automation", "have an automation change a record back, once somebody changed it", automation),
)
