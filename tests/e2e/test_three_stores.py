"""Everything is lost: PostgreSQL, MongoDB and Redis come back together, for who presses only what NEXT names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from journal.incident.records import StepState
from tests.e2e.responder import Responder
from tests.e2e.stand import Stand
from tests.labs import Lab, lab_directory

pytestmark = [pytest.mark.xdist_group("e2e-three-stores"), pytest.mark.early]

VERIFIED = ("postgres-verify", "mongodb-verify", "redis-verify")
MOST_KEYS = 150


@pytest.fixture
def stores() -> Iterator[Lab]:
    """A lab of the three stores."""
    with lab_directory() as directory:
        yield Lab.up(directory, backup_minutes=60)


@pytest.mark.timeout(600)
def test_all_three_are_lost_and_come_back_together(stores: Lab, tmp_path: Path) -> None:
    stand, before = Stand(stores, tmp_path / "home"), _held(stores)
    assert len(stores.break_everything()) == len(VERIFIED)
    with stand.runner_ended():
        stand.declare()
        with stand.console(80, 24, stand.incident_id) as console:
            console.until("NEXT")
            responder = Responder(console)
            responder.follow_next_to_the_end()
            responder.close()
    incident = stand.incident()
    assert {step: incident.state(step) for step in VERIFIED} == dict.fromkeys(VERIFIED, StepState.DONE)
    assert responder.pressed - responder.meanwhile <= MOST_KEYS, responder.next_lines
    assert "Nothing is wrong" in stand.cleo("journal", "verify", stand.incident_id)
    after = _held(stores)
    assert after["cached"] >= before["cached"], "what is not in the backup is warmed from PostgreSQL"
    assert {**after, "cached": 0} == {**before, "cached": 0}


def _held(stores: Lab) -> dict[str, Any]:
    """Return what nobody writes to: rows with their digest, documents, keys, each asked past all of our own code."""
    facts = {name: service.facts for name, service in stores.status().services.items()}
    rows = stores.psql("SELECT count(*), sum(hashtextextended((m.*)::text, 0)::numeric) FROM messages m")
    documents = {**facts["mongodb"]["database"]["documents"], "heartbeat": 0}
    keys = dict(facts["redis"]["keys"])
    return {"rows": rows, "documents": documents, "cached": keys.pop("db0"), "keys": keys}
