"""A neighbour of what was hit: when it counts as spared, what settles that, and where NEXT leads for it."""

from __future__ import annotations

from typing import Any

import pytest

from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident.cures import remedy, taken_anew
from journal.incident.records import StepState
from journal.incident.spared import Standing, standing
from journal.incident.suggestion import suggestion
from journal.incident.upcoming import next_step
from journal.plan.action_spec import ActionSpec
from screens.guidance.next_action import PrimaryAction, primary_action
from tests.journal.stories import Story, plan, step

AFFECTED = {"name": "affected", "question": "Which?", "kind": "systems"}
STORES = ("db", "cache")
CATALOGUE = {"backups.take": ActionSpec(name="backups.take", title="Take a backup")}
WRONG = e.Finding(severity="wrong", about="page 7", text="is torn", system="cache")
SEEN = {name: {"status": "up"} for name in STORES}


def of(system: str, *, role: str, **more: Any) -> dict[str, Any]:
    when = {"affected": [system]}
    return step(f"{system}-{role}", action=f"{system}.{role}", system=system, when=when, **more)


def stores() -> Story:
    """Two stores; one plan for both, as the bundled one has it."""
    verified = {"verified_by": "db-verify", "destructive": True}
    data = plan(
        step("look", action="damage.report", together="looks"),
        step("affected", decision=AFFECTED, after=["look"]),
        of("db", role="keep_out"),
        of("db", role="restore", **verified),
        of("db", role="verify", needs=["db-restore"]),
        of("cache", role="keep_out"),
        of("cache", role="restore", **verified | {"verified_by": "cache-verify"}),
        of("cache", role="verify", needs=["cache-restore"]),
        of("cache", role="let_in", needs=["cache-verify"]),
        step("take", action="backups.take"),
    )
    data["systems"]["cache"] = {"title": "The cache", "tier": "critical", "data": "database"}
    data["scenarios"]["lost"]["systems"] = [*STORES]
    told = Story(data)
    known = [KnownSystem(name=name, type=name, plays=name, acts=[name, "backups"]) for name in STORES]
    told.tell(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=known))
    return told


def ran(told: Story, step_id: str, system: str = "", status: str = "succeeded", **end: Any) -> None:
    """Append a run of a step's action at one system."""
    action, destructive = told.incident.plan.by_id[step_id].action, told.incident.plan.by_id[step_id].destructive
    run = told.tell(e.RunRequested(step=step_id, action=action, system=system))
    undone_by = f"{system}.let_in" if action.endswith(".keep_out") else ""
    told.tell(
        e.ActionStarted(
            step=step_id, run=run, action=action, system=system, destructive=destructive, undone_by=undone_by
        )
    )
    told.tell(e.ActionFinished(step=step_id, run=run, status=status, summary="told", **end))  # type: ignore[arg-type]


def decided(told: Story, answer: str) -> None:
    told.tell(e.DecisionMade(step="affected", name="affected", answer=answer))


def health(told: Story, system: str, *statuses: str) -> None:
    for status in statuses:
        told.tell(e.HealthChanged(system=system, status=status, was="?"))


def the_db_was_hit() -> Story:
    told = stores()
    ran(told, "look", facts={**SEEN, "db": {"status": "down"}})
    decided(told, "db")
    return told


def refused(told: Story) -> Standing:
    """Take the backup at both stores, the cache last refused as its standing says, as ``backups.take`` does."""
    found = standing(told.incident, "cache")
    assert found.why and not found.spared
    cures = [found.cure] if found.cure else [e.Cure(words="Look yourself.", override="hold")]
    ran(told, "take", "cache", "failed", cures=cures, facts={"gate": "hold", "yields": "reason"})
    ran(told, "take", "db")
    return found


def leads_to(told: Story) -> str:
    found = next_step(told.incident)
    assert found
    helps = remedy(told.incident, found)
    return helps.step.id if helps else found.id


def test_nobody_is_spared_by_what_was_not_said_or_not_looked_at() -> None:
    told = stores()
    ran(told, "look", facts=SEEN)
    assert (found := standing(told.incident, "cache")).cure and found.cure.decision == "affected"
    unseen = {"unseen": "connection refused"}
    for seen, looked_at in ((SEEN, True), ({}, False), (SEEN | {"cache": SEEN["cache"] | unseen}, False)):
        told = stores()
        ran(told, "look", facts=seen)
        decided(told, "db")
        assert standing(told.incident, "cache").spared is looked_at
        assert not standing(told.incident, "db").spared
    told = stores()
    decided(told, "db")
    assert (found := standing(told.incident, "cache")).cure and found.cure.action == "damage.report"
    refused(told)
    assert leads_to(told) == "look"
    ran(told, "look", facts=SEEN)
    assert standing(told.incident, "cache").spared


def test_what_was_hit_is_verified_first_and_never_by_what_does_not_apply() -> None:
    told = the_db_was_hit()
    assert (found := standing(told.incident, "db")).cure and found.cure.action == "db.verify"
    told = stores()
    told.tell(e.DecisionMade(step="affected", name="affected", answer="db,cache"))
    told.incident.plan.by_id["cache-verify"].when["strategy"] = ["cold"]
    told.incident.answers["strategy"] = "warm"
    assert standing(told.incident, "cache").cure is None, "a verification that does not apply helps nobody"


@pytest.mark.parametrize(
    ("happened", "words"),
    [
        (lambda told: health(told, "cache", "up", "down"), "cache is down"),
        (lambda told: health(told, "cache", "up", "not measured"), "cache is not measured"),
        (lambda told: ran(told, "take", "cache", "failed", findings=[WRONG]), "cache has data found wrong"),
        (lambda told: ran(told, "cache-restore", "cache", "failed"), "cache may be half replaced by cache.restore"),
    ],
)
def test_what_was_seen_of_a_neighbour_counts_more_than_what_was_decided(happened: Any, words: str) -> None:
    told = the_db_was_hit()
    happened(told)
    found = refused(told)
    assert words in found.why
    assert leads_to(told) == "affected"
    asked = told.incident.plan.by_id["affected"].decision
    assert asked and suggestion(told.incident, asked).answer == "db,cache"
    decided(told, "db")
    assert standing(told.incident, "cache").cure is None, "who has seen it is not asked the same again"
    refused(told)
    take = told.incident.plan.by_id["take"]
    assert (leads_to(told), primary_action(told.incident, take, CATALOGUE)) == ("take", PrimaryAction.OVERRIDE)
    decided(told, "db,cache")
    assert told.incident.state("cache-verify") is not StepState.NOT_APPLICABLE


def test_what_was_down_for_a_while_is_looked_at_and_decided_again() -> None:
    told = the_db_was_hit()
    health(told, "cache", "down", "up")
    assert (found := standing(told.incident, "cache")).cure and found.cure.action == "damage.report"
    ran(told, "look", facts=SEEN)
    assert (found := standing(told.incident, "cache")).cure and found.cure.decision == "affected"
    decided(told, "db")
    assert standing(told.incident, "cache").spared


def test_a_neighbour_that_is_hit_later_is_asked_about_once() -> None:
    told = the_db_was_hit()
    health(told, "cache", "up")
    assert leads_to(told) == "db-keep_out"
    told.tell(e.HealthChanged(system="cache", status="not answering", was="up", may_commit=True))
    assert leads_to(told) == "db-keep_out", "it may only be slow"
    health(told, "cache", "down")
    assert leads_to(told) == "affected"
    assert (anew := taken_anew(told.incident, "affected")) and anew.answer == "db,cache"
    affected = told.incident.plan.by_id["affected"]
    assert primary_action(told.incident, affected, {}) is PrimaryAction.DECIDE
    decided(told, "db")
    assert leads_to(told) == "db-keep_out"


def test_what_is_in_force_at_a_system_that_is_not_affected_any_more_is_still_taken_back() -> None:
    told = the_db_was_hit()
    decided(told, "db,cache")
    ran(told, "cache-keep_out", "cache")
    decided(told, "db")
    assert told.incident.state("cache-verify") is StepState.NOT_APPLICABLE
    assert told.incident.state("cache-let_in") is StepState.READY
    ran(told, "cache-let_in", "cache")
    assert told.incident.state("cache-let_in") is StepState.DONE
    assert not told.incident.in_force


def test_what_helps_one_of_several_systems_is_found_though_another_one_ended_later() -> None:
    told = the_db_was_hit()
    ran(told, "take", "cache", "failed", cures=[e.Cure(words="Name it.", decision="affected")])
    ran(told, "take", "db")
    assert leads_to(told) == "affected"


def test_what_a_gate_refused_twice_is_not_asked_for_a_third_time_in_vain() -> None:
    told = the_db_was_hit()
    take = told.incident.plan.by_id["take"]
    seen = []
    for _ in range(2):
        run = told.tell(e.RunRequested(step="take", action="backups.take", system="cache"))
        told.tell(e.RunRefused(step="take", run=run, gate="sound-data", system="cache", message="no", yields="reason"))
        seen.append(primary_action(told.incident, take, CATALOGUE))
    assert seen == [PrimaryAction.RUN, PrimaryAction.OVERRIDE]


def test_a_gate_that_a_step_would_open_which_does_not_apply_leads_to_the_decision_that_ruled_it_out() -> None:
    told = the_db_was_hit()
    run = told.tell(e.RunRequested(step="take", action="backups.take", system="cache"))
    shut = e.RunRefused(
        step="take", run=run, system="cache", gate="sound-data", message="no", yields="reason", opens="cache.verify"
    )
    told.tell(shut)
    helps = remedy(told.incident, told.incident.plan.by_id["take"])
    assert helps and helps.step.id == "affected"
