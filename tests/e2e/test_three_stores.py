"""Everything is lost: PostgreSQL, MongoDB and Redis come back together, for who presses only what NEXT names.

It is the one recovery of real servers that `make test` plays in a real terminal from declare to report by keys alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from journal.incident.records import StepState
from tests.e2e.responder import Responder
from tests.e2e.stand import Stand
from tests.e2e.test_follow_next import declare
from tests.labs import Lab, lab_directory

pytestmark = [pytest.mark.xdist_group("e2e-three-stores"), pytest.mark.early]

VERIFIED = ("postgres-verify", "mongodb-verify", "redis-verify")
DONE = (*VERIFIED, "postgres-restore", "postgres-apply-wal", "release-backups")
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
    with stand.console() as console, stand.runner_ended():
        declare(console)
        stand.incident_id = next((tmp_path / "home" / "incidents").iterdir()).name
        responder = Responder(console)
        responder.follow_next_to_the_end()
        responder.close()
    incident = stand.incident()
    assert {step: incident.state(step) for step in DONE} == dict.fromkeys(DONE, StepState.DONE)
    assert incident.state("postgres-start") is StepState.IMPOSSIBLE
    assert responder.pressed - responder.meanwhile <= MOST_KEYS, "\n".join(responder.next_lines)
    assert "Nothing is wrong" in stand.cleo("journal", "verify", stand.incident_id)
    _is_reported(stand, tmp_path / "report.html")
    after = _held(stores)
    assert after["cached"] >= before["cached"], "what is not in the backup is warmed from PostgreSQL"
    assert {**after, "cached": 0} == {**before, "cached": 0}


def _is_reported(stand: Stand, report: Path) -> None:
    stand.cleo("report", stand.incident_id, "-o", str(report))
    text = report.read_text()
    assert "db1 lost its data" in text
    assert "completed with deviations" in text


def _held(stores: Lab) -> dict[str, Any]:
    """Return what nobody writes to: rows with their digest, documents, keys, each asked past all of our own code."""
    facts = {name: service.facts for name, service in stores.status().services.items()}
    rows = stores.psql("SELECT count(*), sum(hashtextextended((m.*)::text, 0)::numeric) FROM messages m")
    documents = {**facts["mongodb"]["database"]["documents"], "heartbeat": 0}
    keys = dict(facts["redis"]["keys"])
    return {"rows": rows, "documents": documents, "cached": keys.pop("db0"), "keys": keys}
