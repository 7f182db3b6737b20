"""A run's end is in the journal, with the digest of its output, however long the disk gives that back."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.action import action
from actions.context import ActionContext
from actions.gate import Closed
from actions.machine.shutdown import stoppable_again
from actions.outcome import ActionFailed, Cure, Finding, GateClosed, Outcome
from journal.errors import CleoError
from journal.incident.decisions import physical_evidence
from journal.incident.records import RunState
from journal.store.journal import Journal, JournalReadFailed
from tests.actions.runner.test_aim import things
from tests.actions.runner.test_runner import work
from tests.actions.worlds import Person, declared, places_in, running, world


def test_an_end_whose_output_cannot_be_read_at_once_is_written_once_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, failures = Journal.output_digest, [JournalReadFailed("Input/output error.", "See dmesg.")]

    def reluctant(journal: Journal, run: int) -> tuple[int, str]:
        if failures:
            raise failures.pop()
        return digest(journal, run)

    monkeypatch.setattr(Journal, "output_digest", reluctant)
    places = places_in(tmp_path)
    person = Person(declared(places))
    with running(person.place, world(places, work)):
        run = person.over(person.desk.request_run("work"))
    assert (run.state, run.output_lines, failures) == (RunState.SUCCEEDED, len(person.output(run.id)), [])
    assert (run.output_lines, run.output_sha256) == digest(person.journal, run.id)


BY_HAND = "Give the folder back to the server's account."
STOP = Cure(words="Stop it.", action="some.stop")


@pytest.mark.parametrize(
    ("error", "cures"),
    [
        (ActionFailed("It may not write.", BY_HAND), [Cure(words=BY_HAND)]),
        (CleoError("It does not answer.", BY_HAND), [Cure(words=BY_HAND)]),
        (GateClosed("room", "There is no room.", BY_HAND), [Cure(words=BY_HAND)]),
        (ActionFailed("It runs.", BY_HAND, cures=[STOP]), [STOP]),
        (ActionFailed("It failed."), []),
    ],
)
def test_what_a_person_is_told_to_do_about_a_failure_is_its_cure(
    tmp_path: Path, error: CleoError, cures: list[Cure]
) -> None:
    @action("some.work")
    def fail(ctx: ActionContext) -> Outcome:
        """Fail."""
        raise error

    places = places_in(tmp_path)
    person = Person(declared(places))
    with running(person.place, world(places, fail)):
        run = person.over(person.desk.request_action("some.work", {}))
    assert (run.state, run.cures) == (RunState.FAILED, cures)


def test_damage_that_keeps_an_action_from_its_work_is_neither_backed_up_nor_forgotten(tmp_path: Path) -> None:
    @action("thing.take", gates=("sound-data",))
    def fail(ctx: ActionContext) -> Outcome:
        """Come upon damage."""
        wrong = Finding(severity="wrong", about="thing", text="a block cannot be read", system="thing")
        raise ActionFailed("It ended.", facts={"corrupt": ["a block"]}, findings=[wrong])

    places = places_in(tmp_path)
    person = Person(declared(places))
    with running(person.place, world(places, fail)):
        run = person.over(person.desk.request_action("thing.take", {}))
        assert run.state is RunState.FAILED and run.facts["corrupt"] == ["a block"]
        again = person.over(person.desk.request_action("thing.take", {}))
    assert again.refusal and again.refusal.gate == "sound-data"
    assert "found wrong at" in again.refusal.message and "a block cannot be read" in again.refusal.message
    assert physical_evidence(person.incident()) == ["a block"]


def test_a_gate_that_closed_meanwhile_names_what_opens_it(tmp_path: Path) -> None:
    asked: list[ActionContext] = []

    def writers(ctx: ActionContext) -> Closed | None:
        """Be open before the start, and closed at the effect."""
        asked.append(ctx)
        return Closed("one-writer", "Writers are back.", opens="some.stop") if len(asked) > 1 else None

    @action("some.work", live={"one-writer": writers})
    def late(ctx: ActionContext) -> Outcome:
        """Have an effect when the gate has closed."""
        ctx.effect("write")
        return Outcome(ok=True, summary="done")

    places = places_in(tmp_path)
    person = Person(declared(places))
    with running(person.place, world(places, late)):
        run = person.over(person.desk.request_action("some.work", {}))
    assert (run.state, run.cures) == (RunState.FAILED, [Cure(words="First: Writers are back.", action="some.stop")])


def test_what_a_start_opens_is_opened_at_the_system_that_was_started(tmp_path: Path) -> None:
    @action("toy.start")
    def start(ctx: ActionContext) -> Outcome:
        """Start it."""
        return Outcome(ok=True, summary="up", settles=stoppable_again("toy.stop"))

    places = places_in(tmp_path)
    person = Person(declared(places))
    with running(person.place, world(places, start, inventory_=things(a="thing", b="thing"))):
        run = person.over(person.desk.request_action("toy.start", {}, system="b"))
    assert [(one.action, one.system) for one in run.settles] == [("toy.stop", "b")]
