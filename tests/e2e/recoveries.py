"""A fault of the lab, recovered by who presses only what NEXT names; used by tests, soak tests and `make bench`."""

from __future__ import annotations

from pathlib import Path

from journal.incident.state import Incident
from tests.e2e.responder import Responder
from tests.e2e.stand import Stand
from tests.labs import Lab

SMALL, LARGE = (80, 24), (120, 40)


def recover(lab: Lab, home: Path, fault: str, size: tuple[int, int], scenario: str) -> tuple[Responder, Incident]:
    """Break the lab's PostgreSQL, follow NEXT from declared to closed; return who pressed the keys, and what is left.

    Args:
        lab: a lab that is up.
        home: where the journal goes.
        fault: what is done to it; several, with " + " between, one after the other.
        size: columns and rows of the terminal.
        scenario: what is declared.
    """
    stand, before = Stand(lab, home), _rows(lab)
    for one in fault.split(" + "):
        lab.break_("postgres", one)
    with stand.runner_ended():
        stand.declare(scenario)
        with stand.console(*size, stand.incident_id) as console:
            console.until("NEXT")
            responder = Responder(console)
            responder.follow_next_to_the_end()
            responder.close()
    assert "Nothing is wrong" in stand.cleo("journal", "verify", stand.incident_id)
    assert _rows(lab) == before, "what was verified is what was there"
    return responder, stand.incident()


def _rows(lab: Lab) -> str:
    """Return number and digest of the rows that nobody writes to, asked past all of our own code."""
    return lab.psql("SELECT count(*), sum(hashtextextended((m.*)::text, 0)::numeric) FROM messages m")
