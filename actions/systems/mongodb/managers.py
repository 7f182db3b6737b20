"""Finds what would undo a start, a stop or a block: MongoDB's automation, an operator, a unit that starts it again.

Signs: MongoDB's automation agent (Ops Manager, Cloud Manager) starts a mongod by a file ``automation-mongod.conf`` that
it writes into the data directory, and sets users and roles back to its own goal (MongoDB's manual, MongoDB Agent).
"""

from __future__ import annotations

from collections.abc import Iterator

from actions.context import ActionContext
from actions.gate import Closed
from actions.machine.unit import own_unit
from actions.systems.mongodb.server import Server, find_server

GATE = "managed"
_AGENTS_FILE = "automation-mongod.conf"
_LOOK = r"""
[ -e "$1/automation-mongod.conf" ] && echo A
[ -n "$2" ] && tr '\0' '\n' <"/proc/$2/environ" 2>/dev/null | grep -q '^KUBERNETES_SERVICE_HOST=' && echo K
exit 0
"""


def unmanaged(ctx: ActionContext) -> Closed | None:
    """A gate: nothing starts, stops or changes this server on its own."""
    return managed_by(find_server(ctx))


def managed_by(server: Server) -> Closed | None:
    """Return that something starts, stops or changes a server on its own; None where nothing is seen to."""
    return next((Closed(GATE, message, "reason and target") for message in _managers(server)), None)


def _managers(server: Server) -> Iterator[str]:
    """Yield who manages the server, and how that is paused."""
    found = server.process()
    signs = server.query(["sh", "-c", _LOOK, "sh", server.data, str(found.pid) if found else ""]).out.split()
    if "A" in signs:
        pause = "Unmanage this process in Ops Manager or Cloud Manager first, or stop the MongoDB Agent on its host"
        yield _told(server, "MongoDB's automation", f"{_AGENTS_FILE} lies in its data directory", pause)
    if "K" in signs:
        pause = "Scale its operator to 0 first, or pause it for this set, as its documentation says"
        yield _told(server, "a Kubernetes operator", "it runs in a pod", pause)
    unit = own_unit(server, found.pid) if found and server.settings.service.manager != "systemd" else None
    if unit and unit.restart not in ("", "no"):
        pause = "Name that unit in the inventory (service: {manager: systemd, unit: …})"
        yield _told(server, "systemd", f"it lies in the unit {unit}", pause)


def _told(server: Server, name: str, why: str, pause: str) -> str:
    return f"{server.name} is managed by {name}: {why}. It undoes what is done beside it. {pause}."
