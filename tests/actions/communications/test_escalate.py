"""Levels are called one after the other, through real servers, until a person's answer is noted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from actions.communications.escalate import escalate
from actions.inventory import load_inventory
from actions.runner.inventory_watch import InventoryWatch
from journal.commands.review import ReviewCommands
from journal.events.types import Kind
from journal.incident.records import RunState
from tests.actions.communications.post import Mailbox, inventory_file, mailbox
from tests.actions.worlds import Person, declared, places_in, plan_with, running, world

STEP = {"id": "page", "title": "Page", "audience": "L1", "action": "communications.escalate"}
LEVELS = """\
    L1:
      - {channel: mail, to: one@cleoai.example}
    L2:
      - {channel: mail, to: two@cleoai.example}
    L3:
      - {channel: mail, to: three@cleoai.example}
"""


@contextmanager
def paging(folder: Path, kind: Kind, *within: str) -> Iterator[tuple[Person, Mailbox]]:
    places = places_in(folder)
    escalation = [
        {"level": f"L{n}", "role": f"Role {n}", "contact": "+1", "respond_within": time}
        for n, time in enumerate(within, 1)
    ]
    place = declared(places, kind=kind, plan={**plan_with(STEP), "escalation": escalation})
    person = Person(place)
    with mailbox() as (box, port):
        file = inventory_file(folder, port, audience=LEVELS)
        watch = InventoryWatch(file, lambda: world(places, escalate, inventory_=load_inventory(file)))
        with running(place, watch.first(), watch=watch):
            person.until(lambda incident: incident.audiences)
            yield person, box


@pytest.mark.parametrize("kind", [Kind.REAL, Kind.DRILL])
def test_the_next_is_called_when_nobody_answers_and_a_persons_answer_ends_it(tmp_path: Path, kind: Kind) -> None:
    with paging(tmp_path, kind, "1 s", "1 h", "1 h") as (person, box):
        run = person.desk.request_run("page")
        person.until(lambda incident: "L2" in incident.review.calls)
        assert person.incident().runs[run].state is RunState.RUNNING, "no channel's word ends it"
        ReviewCommands(person.journal, person.incident).acknowledge("L2", "ben")
        done = person.over(run)
    assert done.state is RunState.SUCCEEDED
    assert done.summary.startswith("L2 answered (ben) after ")
    real = kind is Kind.REAL
    assert box.told == (["one@cleoai.example", "two@cleoai.example"] if real else ["drill@cleoai.example"] * 2)
    assert [("EXERCISE" in text) for _, text in box.got] == [not real] * 2
    ids = {line for _, text in box.got for line in text.splitlines() if line.startswith("Message INC")}
    assert len(ids) == 2, "each level has a message of its own"


def test_nobody_answers_and_who_is_noted_as_called_is_not_called_again(tmp_path: Path) -> None:
    with paging(tmp_path, Kind.REAL, "1 s", "1 s", "1 s") as (person, box):
        ReviewCommands(person.journal, person.incident).page("L1", "by telephone")
        box.says["two@cleoai.example"] = "550 5.1.1 no such user"
        done = person.over(person.desk.request_run("page"))
        assert done.state is RunState.FAILED
        assert done.summary == "Nobody answered: L1, L2, L3."
        assert box.told == ["three@cleoai.example"]
        assert set(person.incident().review.calls) == {"L1", "L3"}, "who could not be reached was not called"
    assert [finding.about for finding in done.findings] == ["L2 Role 2"]
    assert done.cures[0].instead
