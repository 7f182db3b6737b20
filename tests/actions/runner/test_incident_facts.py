"""What an action is told of its incident."""

from __future__ import annotations

from datetime import timedelta

from actions.runner.facts import incident_facts
from journal.events import types as e
from journal.events.measured import Measured
from tests.journal.stories import BEGAN, Story, plan, step

POINT = {"name": "recovery_point", "question": "To when?", "kind": "recovery-point"}


def test_the_newest_commit_and_what_the_point_gives_up_are_told() -> None:
    told = Story(plan(step("point", decision=POINT), step("restore", action="db.restore", system="db")))
    assert (
        incident_facts(told.incident, "", told.at).newest_known,
        incident_facts(told.incident, "", told.at).gives_up,
    ) == (
        {},
        [],
    )
    last = Measured(newest_commit_at=BEGAN, archived_until=BEGAN - timedelta(seconds=40))
    told.tell(e.HealthChanged(system="db", status="down", was="up", last=last))
    told.tell(e.DecisionMade(step="point", name="recovery_point", answer="latest"))
    facts = incident_facts(told.incident, "", told.at)
    assert facts.newest_known == {"db": BEGAN}
    assert facts.gives_up[1].startswith("The database: 40 s of the commits seen, if its own log is gone")
    told.tell(e.DecisionMade(step="point", name="recovery_point", answer=f"time:{BEGAN - timedelta(seconds=50)}"))
    assert incident_facts(told.incident, "", told.at).gives_up[0].startswith("The database: at least 50 s of commits")
