"""A secret that a person types never reaches the journal, in whatever field; what steers a run is not changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from journal.commands.declare import Declaration, declare
from journal.commands.incident import IncidentCommands, NotNow
from journal.commands.review import ReviewCommands
from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident.closing import phrase, remaining
from journal.incident.fold import fold_journal
from journal.incident.state import Incident
from journal.paths import IncidentPlace
from journal.plan.load import load_plan
from journal.store.journal import Journal, Reader
from tests.actions.worlds import declared, places_in, plan_with

SECRET, BLOT = "hunter2-to-the-db", "•••"
SHORT = "thing"
"""A password that is also a word of the plan and of the target."""
ASK = {"id": "who", "title": "Who leads", "decision": {"name": "lead", "question": "Who leads?", "kind": "text"}}


def blot(text: str) -> str:
    return text.replace(SECRET, BLOT).replace(SHORT, BLOT)


@pytest.fixture
def place(tmp_path: Path) -> IncidentPlace:
    return declared(places_in(tmp_path), plan=plan_with(ASK))


@pytest.fixture
def journal(place: IncidentPlace) -> Iterator[Journal]:
    with Journal.open(place.journal, actor="ada@here", blot=blot) as journal:
        yield journal


def now(place: IncidentPlace) -> Incident:
    return fold_journal(place.journal)


def bodies(place: IncidentPlace) -> list[e.Body]:
    with Reader(place.journal) as reader:
        return [event.body for event in reader.events()]


def test_nothing_that_is_typed_into_a_command_brings_a_secret_into_the_journal(
    place: IncidentPlace, journal: Journal
) -> None:
    commands, review = IncidentCommands(journal, lambda: now(place)), ReviewCommands(journal, lambda: now(place))
    said = f"the password is {SECRET}!"
    commands.decide("who", said, said)
    commands.decide("point", "latest", said)
    commands.mark_done("tell", said)
    commands.reopen("tell", said)
    commands.skip("tell", said)
    commands.note(said)
    run = commands.request_run(
        "break", confirmed=SECRET, overrides=[e.Override(gate="hold", reason=said, target=SECRET)]
    )
    journal.append(e.ActionStarted(step="break", run=run, action="thing.replace", destructive=True))
    commands.cancel(run, said)
    journal.append(e.ActionInDoubt(step="break", run=run, why="it was killed"))
    commands.resolve(run, "failed", said)
    review.write_field("lessons", said)
    review.write_action_item(said, owner=said)
    review.sign_off(said)
    commands.close(said, leaving=phrase(remaining(now(place))))
    commands.reopen_incident(said)
    typed = bodies(place)[1:]
    assert [body for body in typed if SECRET in repr(body)] == []
    assert sum(repr(body).count(f"the password is {BLOT}!") for body in typed) == 16


def test_the_title_of_an_incident_holds_no_secret(tmp_path: Path) -> None:
    declared(places_in(tmp_path))  # writes the plan's file
    at = datetime.now(UTC)
    said = Declaration(
        title=f"{SECRET} no longer works",
        scenario="loss",
        severity="SEV1",
        kind=e.Kind.LAB,
        began_at=at,
        discovered_at=at,
    )
    plan = load_plan(tmp_path / "plan.yaml")
    place = declare(places_in(tmp_path), plan, said, actor="ada@here", blot=blot)
    assert now(place).title == f"{BLOT} no longer works"


def test_what_steers_is_found_again_whatever_the_password_is(place: IncidentPlace, journal: Journal) -> None:
    """A short password is part of the plan's words and of the target: the recovery must go on."""
    commands, review = IncidentCommands(journal, lambda: now(place)), ReviewCommands(journal, lambda: now(place))
    target = e.Identity(name="confirm", value="thing@db1", known="reported")
    dry = commands.request_run("break", dry_run=True)
    journal.append(e.ActionStarted(step="break", run=dry, action="thing.replace", dry_run=True, target=[target]))
    override = e.Override(gate="hold", reason="it must", target="thing@db1")
    planned = commands.request_run("break", system="thing", dry_run=True)
    read = e.InventoryRead(path="/i", sha256="1", systems=[KnownSystem(name="thing-1", type="thing", acts=["thing"])])
    journal.append(read)
    known = commands.request_action("thing.look", {}, system="thing-1")
    assert [now(place).runs[aimed].system for aimed in (planned, known)] == ["thing", "thing-1"]
    run = commands.request_action("thing.replace", {}, confirmed="thing@db1", overrides=[override])
    asked = now(place).runs[run]
    assert (asked.action, asked.confirmed, asked.overrides[0].target) == ("thing.replace", "thing@db1", "thing@db1")
    item = review.write_action_item("buy disks", due="2026-12-31").body
    assert isinstance(item, e.ActionItemWritten)
    assert (item.id, item.due) == ("A1", "2026-12-31")


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_steers_and_holds_a_secret_is_refused(place: IncidentPlace, journal: Journal, dry_run: bool) -> None:
    """Without the secret, it would steer the run elsewhere."""
    commands = IncidentCommands(journal, lambda: now(place))
    before = len(bodies(place))
    with pytest.raises(NotNow, match="The plan has no step"):
        commands.note("pasted into the wrong field", SECRET)
    with pytest.raises(NotNow, match=r"^The parameter keep_in holds a secret of the inventory"):
        commands.request_run("break", params={"keep_in": f"/srv/{SECRET}"}, dry_run=dry_run)
    with pytest.raises(NotNow, match=r"^The parameter keep_in holds a secret of the inventory"):
        commands.request_action("thing.replace", {"keep_in": f"/srv/{SECRET}"}, dry_run=dry_run)
    with pytest.raises(NotNow, match=r"^The name of the system holds a secret of the inventory"):
        commands.request_run("break", system=SECRET, dry_run=dry_run)
    with pytest.raises(NotNow, match=r"^The name of the system holds a secret of the inventory"):
        commands.request_action("thing.replace", {}, system=SECRET, dry_run=dry_run)
    with pytest.raises(NotNow, match=r"^The name of the gate holds a secret of the inventory"):
        commands.request_run("break", overrides=[e.Override(gate=SECRET, reason="so")], dry_run=dry_run)
    with pytest.raises(NotNow, match=r"^The recovery point holds a secret of the inventory"):
        commands.decide("point", f"backup:{SECRET}")
    assert len(bodies(place)) == before
