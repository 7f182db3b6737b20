"""Telling people as a step of an incident: through the real runner, with everything in the journal but the keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.communications.notify import notify
from actions.inventory import load_inventory
from actions.runner.inventory_watch import InventoryWatch
from journal.events.types import Kind
from journal.incident.records import RunState, StepState
from tests.actions.communications.post import inventory_file, mailbox, web
from tests.actions.worlds import Person, declared, inventory, places_in, plan_with, running, world

STEP = {
    "id": "send",
    "title": "Send",
    "audience": "stakeholders",
    "action": "communications.notify",
    "params": {"audience": "stakeholders"},
}
SECRET = "T0PSECRETT0KEN"


@pytest.mark.parametrize("kind", [Kind.REAL, Kind.DRILL])
def test_who_was_told_what_is_in_the_journal_and_no_key(tmp_path: Path, kind: Kind) -> None:
    places = places_in(tmp_path)
    key = tmp_path / "hook"
    with mailbox() as (box, port), web(lambda: (503, SECRET)) as (got, address):
        key.write_text(f"http://{address}/services/{SECRET}")
        key.chmod(0o600)
        hook = f"    hook: {{type: webhook, address: {{file: {key}}}}}\n"
        file = inventory_file(tmp_path, port, hook, "      - {channel: hook}\n")
        place = declared(places, kind=kind, plan=plan_with(STEP))
        person = Person(place)
        assert person.incident().state("send") is StepState.NOT_APPLICABLE, "nobody knows of a channel yet"
        watch = InventoryWatch(file, lambda: world(places, notify, inventory_=load_inventory(file)))
        with running(place, watch.first(), watch=watch):
            person.until(lambda incident: incident.state("send") is StepState.READY)
            run = person.over(person.desk.request_run("send"))
    told = [f"{who}@cleoai.example" for who in (["support", "gone"] if kind is Kind.REAL else ["drill"])]
    assert box.told == told
    assert len(got) == (1 if kind is Kind.REAL else 0)
    assert run.state is (RunState.FAILED if kind is Kind.REAL else RunState.SUCCEEDED)
    assert [run.facts["told"][f"mail {to}"].partition(":")[0] for to in told] == ["accepted"] * len(told)
    said = "\n".join(person.output(run.id))
    assert f"Message {run.facts['message']}" in said
    if kind is Kind.REAL:
        assert run.facts["told"]["hook"] == "failed: it answered 503"
        assert [cure.action for cure in run.cures] == ["communications.notify", ""]
    person.journal.close()
    assert SECRET.encode() not in b"".join(each.read_bytes() for each in place.folder.rglob("*") if each.is_file())


def test_without_channels_people_are_told_by_hand_as_ever(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    place = declared(places, plan=plan_with(STEP))
    person = Person(place)
    with running(place, world(places, notify, inventory_=inventory())):
        person.until(lambda incident: incident.runner)
        assert person.incident().state("send") is StepState.NOT_APPLICABLE
