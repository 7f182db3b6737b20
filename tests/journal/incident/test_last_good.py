"""The last good moment, from the best evidence there is: a recovery point begins with it where latest is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from journal.events import types as e
from journal.events.damage import DamageBegan
from journal.events.run import KnownSystem
from journal.incident.last_good import last_good
from journal.incident.suggestion import Suggestion, beginning, suggestion
from tests.journal.stories import BEGAN, Story, plan, step

SCENARIO = {
    "title": "Damaged", "impact": "", "likelihood": "", "severity": "high", "systems": ["db"],
    "refuses": {"recovery_point": ["latest"]},
    "refuses_unless": {"recovery_point": {"corruption": ["physical"]}},
}  # fmt: skip
KIND = {
    "name": "corruption",
    "question": "Which?",
    "options": {"logical": {"title": "Logical"}, "physical": {"title": "Physical"}},
}
POINT = {"name": "recovery_point", "question": "To when?", "kind": "recovery-point", "default": "latest"}
AT_ONCE = {"discovered_at": BEGAN.isoformat()}
"""Seen as it began: then nobody has said when it began, and the time is that of the declaration."""


def story(**declared: Any) -> Story:
    affected = step("affected", decision={"name": "affected", "question": "Which?", "kind": "systems"})
    steps = affected, step("look", action="some.action"), step("kind", decision=KIND), step("point", decision=POINT)
    return Story(plan(*steps, scenarios={"lost": SCENARIO}), **declared)


def suggested(told: Story, step_id: str = "point") -> Suggestion:
    decision = told.incident.plan.by_id[step_id].decision
    assert decision
    return suggestion(told.incident, decision)


def begun(told: Story) -> Suggestion:
    """Return what the question begins with where it is asked alone; a guess is never suggested beside others."""
    decision = told.incident.plan.by_id["point"].decision
    assert decision
    assert suggestion(told.incident, decision).answer == ""
    return beginning(told.incident, decision)


def dropped(at: datetime, text: str = "messages was dropped", **more: Any) -> dict[str, Any]:
    return {"db": DamageBegan.facts([DamageBegan(at=at, text=text, **more)])}


def test_what_the_log_proved_is_the_point_and_makes_the_damage_logical() -> None:
    told, at = story(), BEGAN - timedelta(seconds=30.25)
    told.run("look", facts=dropped(at))
    point = suggested(told)
    assert suggested(told, "affected") == ("db", "db: messages was dropped")
    assert point.answer == f"time:{at.isoformat()}"
    assert "The database: messages was dropped" in point.because
    assert "guess" not in point.because
    assert suggested(told, "kind").answer == "logical"
    told.run("look", facts={"db": DamageBegan.facts([])})
    assert suggested(told, "kind").answer == "", "the newest look counts"


def test_the_earliest_of_several_changes_is_the_point() -> None:
    told = story()
    first, second = (DamageBegan(at=BEGAN - timedelta(minutes=n), text=f"{n}") for n in (9, 2))
    told.run("look", facts={"db": DamageBegan.facts([second, first])})
    assert suggested(told).answer == f"time:{first.at.isoformat()}"


def test_a_change_that_may_have_been_another_is_said_as_a_guess_and_proves_no_kind() -> None:
    told = story()
    told.run("look", facts=dropped(BEGAN, certain=False))
    assert begun(told).because.startswith("a guess")
    assert suggested(told, "kind").answer == ""


def test_a_start_that_somebody_declared_is_a_guess_and_comes_after_what_was_found_before_it() -> None:
    told = story()
    assert begun(told) == (f"time:{BEGAN.isoformat()}", last_good(told.incident)[0].because)
    assert begun(told).because.startswith("a guess")
    told.run("look", facts=dropped(BEGAN - timedelta(minutes=1)))
    assert [(moment.kind, moment.certain) for moment in last_good(told.incident)] == [("found", True), ("said", False)]


def test_a_change_later_than_the_declared_start_may_be_one_of_several() -> None:
    told = story()
    told.run("look", facts=dropped(BEGAN + timedelta(minutes=1)))
    assert begun(told).answer == f"time:{BEGAN.isoformat()}"
    assert [(moment.kind, moment.certain) for moment in last_good(told.incident)] == [("said", False), ("found", False)]


def test_the_backup_that_holds_what_is_missing_stands_in_where_nobody_knows_when_it_went() -> None:
    told = story(**AT_ONCE)
    assert begun(told) == ("", ""), "nothing is known"
    told.run("look", facts={"db": {**DamageBegan.facts([]), "held_by": "20260301-020003F"}})
    assert begun(told).answer == "db backup:20260301-020003F"
    assert begun(told).because.startswith("a guess")


def test_where_others_are_recovered_too_they_are_as_of_the_end_of_that_backup() -> None:
    told, ended = story(**AT_ONCE), BEGAN - timedelta(hours=1)
    known = [KnownSystem(name=name, type="thing", plays="db", acts=["thing"]) for name in ("db", "other")]
    told.tell(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=known))
    held = {"held_by": "B1", "sets": {"B1": ended.isoformat()}, "all_sets": True}
    told.run("look", facts={"db": {**DamageBegan.facts([]), **held}})
    told.tell(e.DecisionMade(step="affected", name="affected", answer="db"))
    assert begun(told).answer == f"time:{ended.isoformat()} db backup:B1"


def test_the_backup_that_it_leads_from_is_named_and_a_point_that_none_leads_to_is_not_suggested() -> None:
    told, at = story(**AT_ONCE), BEGAN - timedelta(minutes=1)
    sets = {"old": BEGAN - timedelta(hours=1), "older": BEGAN - timedelta(hours=2), "after": BEGAN}
    catalogue = {"sets": {label: ended.isoformat() for label, ended in sets.items()}, "all_sets": True}
    told.run("look", facts={"db": {**dropped(at)["db"], **catalogue}})
    assert "from backup old, ended 2026-03-01 01:50:00 UTC" in suggested(told).because
    told.tell(e.DecisionMade(step="affected", name="affected", answer="db"))
    told.run("look", facts={"db": {**dropped(at - timedelta(hours=3))["db"], **catalogue}})
    assert suggested(told).answer == ""


def test_latest_is_right_where_a_look_found_the_damage_in_the_pages() -> None:
    told = story()
    told.run("look", facts={"db": {"corrupt": ["messages: page 4"]}})
    assert suggested(told, "kind") == ("physical", "messages: page 4")
    told.tell(e.DecisionMade(step="kind", name="corruption", answer="physical"))
    assert suggested(told).answer == "latest"
    assert "pages" in suggested(told).because


def test_where_both_kinds_were_found_nothing_suggests_itself() -> None:
    told = story()
    told.run("look", facts={"db": {"corrupt": ["page 4"], **dropped(BEGAN)["db"]}})
    assert suggested(told, "kind") == ("", "")
