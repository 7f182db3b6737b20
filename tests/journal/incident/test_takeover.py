"""A system that took another one's place plays its part from then on, whatever the inventory's file still says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from journal.events import types as e
from journal.events.measured import Measured
from journal.events.run import KnownSystem
from journal.incident.instances import instances
from journal.incident.records import StepState
from journal.incident.upcoming import next_step
from tests.journal.stories import DECLARED, Story, plan, step

PLAN = plan(
    step("point", decision={"name": "recovery_point", "question": "To when?", "kind": "recovery-point"}),
    step("writers", action="thing.stop_writers", system="db"),
    step("promote", action="thing.promote", system="db", needs=["writers"]),
    step("verify", action="thing.verify", system="db", needs=["promote"]),
    step("allow", action="thing.allow_writers", system="db", needs=["verify"]),
    systems={"db": {"title": "The database", "tier": "critical", "data": "database"}},
)
BY_FILE = [
    KnownSystem(name="db", type="thing", plays="db", acts=["thing", "backups"]),
    KnownSystem(name="far", type="thing", site="dr", standby_of="db", acts=["thing"]),
]
SAYS_SO = [
    KnownSystem(name="db", type="thing", standby_of="far", acts=["thing"]),
    KnownSystem(name="far", type="thing", site="dr", plays="db", acts=["thing", "backups"]),
]


def read(systems: list[KnownSystem], sha256: str) -> e.InventoryRead:
    return e.InventoryRead(path="/inventory.yaml", sha256=sha256, systems=systems)


def told() -> Story:
    """Return an incident in which ``far`` was promoted, two seconds behind the last commit that was seen."""
    story = Story(PLAN)
    story.tell(read(BY_FILE, "1"), e.DecisionMade(step="point", name="recovery_point", answer="db lsn:0/10"))
    story.tell(e.HealthChanged(system="db", status="down", was="up", last=Measured(newest_commit_at=DECLARED)))
    run(story, "writers", "thing.stop_writers", "db@one", undone_by="thing.allow_writers")
    run(story, "", "thing.fence", "db@one", undone_by="thing.unfence")
    back = Measured(recovered_to=DECLARED - timedelta(seconds=2))
    facts = {"took_over": {"system": "far", "of": "db"}, **back.facts()}
    run(story, "promote", "thing.promote", "far@two", undone_by="thing.allow_writers", facts=facts)
    return story


def run(story: Story, step_id: str, action: str, target: str, *, at: str = "db", **more: Any) -> None:
    identity = [e.Identity(name="confirm", value=target, known="reported")]
    ends = {"facts": more.pop("facts", {}), "settles": more.pop("settles", [])}
    asked = story.tell(e.RunRequested(step=step_id, action=action, system=at))
    story.tell(e.ActionStarted(step=step_id, run=asked, action=action, system=at, target=identity, **more))
    story.tell(e.ActionFinished(step=step_id, run=asked, status="succeeded", summary="told", **ends))


def test_what_was_of_the_old_one_is_of_the_new_one() -> None:
    incident = told().incident
    assert incident.roster.players("db") == ["far"]
    assert incident.roster.systems["db"].standby_of == "far"
    assert "backups" in incident.roster.systems["far"].acts
    assert (incident.state("writers"), incident.state("promote")) == (StepState.DONE, StepState.DONE)
    lost = incident.loss("far")
    assert lost
    assert lost.at_least == 2
    assert incident.loss("db") is None
    assert incident.recovery_point
    assert incident.recovery_point.of("far")
    following = next_step(incident)
    assert following
    assert following.id == "verify"


def test_what_stood_at_the_old_one_is_taken_back_at_the_new_one_and_its_fence_stays() -> None:
    story = told()
    assert [held.undone_by for held in story.incident.in_force.values()].count("thing.allow_writers") == 2
    assert instances(story.incident, story.incident.plan.by_id["allow"]) == ["far"]
    run(story, "allow", "thing.allow_writers", "far@two", at="far")
    assert [held.undone_by for held in story.incident.in_force.values()] == ["thing.unfence"]


def test_what_the_run_found_needless_of_the_part_is_so_at_the_new_one() -> None:
    story = told()
    empty = e.Settling(action="thing.allow_writers", use="impossible", words="nothing is there yet", system="far")
    back = {"took_over": {"system": "db", "of": "far"}}
    run(story, "promote", "thing.promote", "db@one", at="far", facts=back, settles=[empty])
    assert story.incident.roster.players("db") == ["db"]
    assert story.incident.state("allow") is StepState.IMPOSSIBLE


def test_a_file_that_says_so_itself_is_left_as_it_is() -> None:
    story = told()
    before = story.incident.roster.systems["far"]
    story.tell(read(BY_FILE, "2"))
    assert story.incident.roster.systems["far"] == before, "read again, the file still names the old one"
    story.tell(read(SAYS_SO, "3"))
    assert list(story.incident.roster.systems.values()) == SAYS_SO
    assert story.incident.state("promote") is StepState.DONE


def test_who_stands_by_cold_plays_the_part_once_it_has_the_copies() -> None:
    story = Story(PLAN)
    cold = KnownSystem(name="far", type="thing", site="dr", standby_of="db", cold=True, acts=["thing"])
    story.tell(read([BY_FILE[0], cold], "1"))
    took = {"took_over": {"system": "far", "of": "db"}}
    run(story, "", "cold_standby.activate", "far@two", facts=took)
    far = story.incident.roster.systems["far"]
    assert (story.incident.roster.players("db"), far.cold, far.standby_of) == (["far"], False, "")
