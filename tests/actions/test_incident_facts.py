"""What an action is told of its incident."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from actions.context import IncidentFacts
from actions.postgres.heartbeat import loss_s
from journal.events import Kind

BEGAN = datetime(2026, 11, 22, 2, 40, tzinfo=UTC)


def facts(changed_at: datetime | None) -> IncidentFacts:
    changed = {"postgres": changed_at} if changed_at else {}
    return IncidentFacts(id="INC-1", kind=Kind.LAB, began_at=BEGAN.isoformat(), changed_at=changed)


def test_what_was_lost_is_the_time_between_the_newest_commit_and_the_disruption() -> None:
    assert loss_s(facts(None), BEGAN - timedelta(seconds=40), "postgres") == 40
    assert loss_s(facts(None), BEGAN + timedelta(seconds=5), "postgres") == 0


def test_a_commit_after_the_recovery_is_new_work_and_tells_nothing_of_the_loss() -> None:
    changed = BEGAN + timedelta(minutes=10)
    assert loss_s(facts(changed), BEGAN - timedelta(seconds=40), "postgres") == 40
    assert loss_s(facts(changed), changed + timedelta(seconds=1), "postgres") is None
    assert loss_s(facts(changed), changed + timedelta(seconds=1), "mongodb") == 0
