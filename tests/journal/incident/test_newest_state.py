"""What was proven wrong in a store puts the latest state in doubt there, whatever the scenario says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from actions.inventory import Inventory
from actions.registry import catalogue
from actions.runner.gate_input import GateInput
from actions.runner.gates import closed_gates
from journal.events import types as e
from journal.events.damage import DamageBegan
from journal.incident.newest_state import damaged, ever_damaged, found_since
from journal.incident.suggestion import beginning, suggestion
from tests.journal.stories import BEGAN, Story, plan, step

POINT = {"name": "recovery_point", "question": "To when?", "kind": "recovery-point", "default": "latest"}
LATEST = e.DecisionMade(step="point", name="recovery_point", answer="latest")
TWICE = e.Finding(severity="wrong", about="db", text="three are there twice", system="db")
PAGE = e.Finding(severity="wrong", about="db", text="block 4 cannot be read", system="db")


@pytest.fixture
def told() -> Story:
    return Story(plan(step("look", action="some.action"), step("point", decision=POINT)))


def suggested(told: Story) -> tuple[str, str]:
    decision = told.incident.plan.by_id["point"].decision
    assert decision
    return suggestion(told.incident, decision).answer, beginning(told.incident, decision).answer


@pytest.mark.parametrize("facts", [{}, {"corrupt": ["page 7"]}])
def test_latest_is_asked_for_where_a_store_is_wrong(told: Story, facts: dict[str, Any]) -> None:
    assert suggested(told)[0] == "latest"
    told.tell(LATEST)
    told.run("look", status="failed", facts=facts, findings=[TWICE])
    assert "three are there twice" in damaged(told.incident)["db"]
    assert suggested(told)[0] == "", "what was decided before that was known is no answer to it"
    assert "three are there twice" in found_since(told.incident, "db")
    told.tell(LATEST)
    assert (suggested(told)[0], found_since(told.incident, "db")) == ("latest", ""), "a person said it knowing that"


def test_damage_to_pages_leaves_the_latest_as_it_was(told: Story) -> None:
    told.tell(LATEST)
    told.run("look", status="failed", facts={"corrupt": ["messages: block 4 cannot be read"]}, findings=[PAGE])
    assert (suggested(told)[0], damaged(told.incident), found_since(told.incident, "db")) == ("latest", {}, "")


def test_the_last_moment_before_a_change_is_begun_with(told: Story) -> None:
    at = BEGAN - timedelta(seconds=30)
    change = DamageBegan(at=at, text="messages was dropped")
    told.run("look", facts={"db": DamageBegan.facts([change])}, findings=[TWICE])
    assert suggested(told)[1] == f"time:{at.isoformat()}"


def test_what_was_found_is_remembered_after_the_store_is_recovered(told: Story) -> None:
    told.run("look", status="failed", findings=[TWICE])
    told.run("look", examined=["db"])
    assert (damaged(told.incident), ever_damaged(told.incident)) == ({}, ["db"])


@pytest.mark.parametrize(("system", "shut"), [("postgres", True), ("mongodb", False)])
def test_a_restore_of_what_was_found_wrong_since_waits_until_the_point_is_decided_again(
    told: Story, system: str, shut: bool
) -> None:
    action = f"{system}.restore"
    told.tell(LATEST)
    run = told.tell(e.RunRequested(action=action, system=system))
    told.run("look", status="failed", findings=[msgspec.structs.replace(TWICE, system="postgres")])

    def closed() -> list[tuple[str, str]]:
        lab = Inventory(name="lab", allows=[e.Kind.LAB], lab=True)
        gates = closed_gates(GateInput(told.incident.runs[run], catalogue()[action], told.incident, lab, []))
        return [(gate.gate, gate.opens) for gate in gates if gate.gate == "recovery-point"]

    assert closed() == ([("recovery-point", "recovery_point")] if shut else [])
    told.tell(LATEST)
    assert closed() == []
