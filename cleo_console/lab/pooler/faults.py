"""What can be broken in a lab's pooler. Each is done for real."""

from __future__ import annotations

from datetime import UTC, datetime

from cleo_console.lab.pooler.place import DATABASE, Place
from cleo_console.lab.processes import kill_processes
from cleo_console.lab.service import Done, FaultKind
from journal.errors import CleoError


def kill(place: Place) -> Done:
    """Kill PgBouncer."""
    at = _now()
    if place.process() is None:
        raise CleoError("PgBouncer does not run.", "Start it: cleo lab up.")
    kill_processes(place.workspace.directory)
    return "PgBouncer was killed", {"at": at}


def forget_paused(place: Place) -> Done:
    """Pause the database, and let nobody resume it."""
    at = _now()
    place.admin(f'PAUSE "{DATABASE}"')
    return f"{DATABASE} is paused: its clients wait", {"at": at}


def lose_edit(place: Place) -> Done:
    """Change the file without a reload: what runs and what a restart would do differ."""
    at = _now()
    text = place.config.read_text()
    place.config.write_text(text.replace("app = host=127.0.0.1 ", "app = host=127.0.0.9 "))
    return f"{place.config} says 127.0.0.9; PgBouncer has not read it", {"at": at}


def _now() -> str:
    return datetime.now(UTC).isoformat()


FAULTS = (
    FaultKind("kill", "kill PgBouncer", kill),
    FaultKind("forget-paused", "pause its database, and let nobody resume it", forget_paused),
    FaultKind("lose-edit", "change its file without a reload", lose_edit),
)
