"""What can be broken in a lab's load balancer. Each is done for real."""

from __future__ import annotations

from datetime import UTC, datetime

from cleo_console.lab.load_balancer import processes
from cleo_console.lab.load_balancer.place import SITES, Place
from cleo_console.lab.service import Done, FaultKind
from journal.errors import CleoError


def kill(place: Place) -> Done:
    """Kill HAProxy."""
    at = _now()
    if not processes.end_haproxy(place):
        raise CleoError("HAProxy does not run.", "Start it: cleo lab up.")
    return "HAProxy was killed", {"at": at}


def kill_dr_server(place: Place) -> Done:
    """Kill a server of the DR site."""
    _require_own(place)
    return _kill(place, SITES["dr"][1])


def lose_primary(place: Place) -> Done:
    """Kill every server of the primary site."""
    _require_own(place)
    at = _now()
    said = [_kill(place, name)[0] for name in SITES["primary"] if processes.server(place, name)]
    return "; ".join(said) or "the primary site's servers were down already", {"at": at}


def not_ready(place: Place) -> Done:
    """Have a server of the DR site be healthy, and not ready: its database is gone."""
    _require_own(place)
    name = SITES["dr"][1]
    at = _now()
    place.red(name).touch()
    return f"{name} answers /health with 200, and /ready with 503", {"at": at, "server": name}


def lose_state(place: Place) -> Done:
    """Restart HAProxy without what was set at run time."""
    at = _now()
    processes.end_haproxy(place)
    place.state_file.write_text("1\n")
    processes.start_haproxy(place)
    return "HAProxy was restarted, and its saved state is empty", {"at": at}


def break_config(place: Place) -> Done:
    """Put a line into the configuration with which HAProxy cannot start."""
    at = _now()
    text = place.config.read_text()
    place.config.write_text(text + "  server d3 127.0.0.1:99999 check\n")
    return f"{place.config} has a server with an impossible port", {"at": at}


def _require_own(place: Place) -> None:
    if place.api:
        hint = "Break `validation`, or `site`."
        raise CleoError("The servers behind HAProxy are the lab's API, where it has two sites.", hint)


def _kill(place: Place, name: str) -> Done:
    process = processes.server(place, name)
    if process is None:
        raise CleoError(f"{name} does not run.", "Start it: cleo lab up.")
    at = _now()
    processes.end(place, process)
    return f"{name}, process {process.pid}, was killed", {"at": at, "server": name}


def _now() -> str:
    return datetime.now(UTC).isoformat()


FAULTS = (
    FaultKind("kill", "kill HAProxy", kill),
    FaultKind("kill-dr-server", "kill one of the DR site's servers", kill_dr_server),
    FaultKind("lose-primary", "kill every server of the primary site", lose_primary),
    FaultKind("not-ready", "have a server of the DR site be healthy and not ready", not_ready),
    FaultKind("lose-state", "restart HAProxy without what was set at run time", lose_state),
    FaultKind("break-config", "leave a configuration with which HAProxy cannot start", break_config),
)
