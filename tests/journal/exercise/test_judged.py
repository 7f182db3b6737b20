"""What tells a good exercise from a bad one: repaired is not missed, harm stays, retries and bare ticks count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from journal.events import types as e
from journal.exercise.assessment import Assessment, assess
from journal.exercise.retries import Retries
from journal.incident.fold import fold_events
from journal.store.journal import Journal, Reader
from tests.actions.worlds import declared, places_in


class Play:
    """Writes an exercise's events; every run has its three."""

    def __init__(self, folder: Path, **rule: Any) -> None:
        script = {
            "title": "A trial",
            "scenario": "loss",
            "objectives": [{"id": "do", "title": "Do it"}],
            "expectations": [{"title": "as it should", "objective": "do", **rule}, *OTHERS],
        }
        self._place = declared(places_in(folder), kind=e.Kind.TABLETOP)
        self._journal = Journal.open(self._place.journal, actor="player@here")
        self.write(e.ExerciseBegan(exercise=script))

    def write(self, *bodies: e.Body) -> None:
        self._journal.append(*bodies)

    def run(self, action: str, status: str = "succeeded", params: dict[str, Any] | None = None, **made: str) -> None:
        (request,) = self._journal.append(e.RunRequested(step="work", action=action, params=params or {}))
        self.write(e.ActionStarted(step="work", run=request.seq, action=action, params=params or {}))
        facts = {"simulated": made} if made else {}
        end = e.ActionFinished(step="work", run=request.seq, status=status, summary="", facts=facts)  # type: ignore[arg-type]
        self.write(end)

    def shown(self) -> Assessment:
        self._journal.close()
        with Reader(self._place.journal) as reader:
            found = assess(fold_events(reader.events()), reader.events())
        assert found
        return found

    def result(self) -> str:
        return self.shown().expectations[0].result

    def again(self) -> int:
        self._journal.close()
        retries = Retries()
        with Reader(self._place.journal) as reader:
            return sum(bool(retries.take(event)) for event in reader.events())


OTHERS = [{"title": "another", "objective": "do", "happened": ["note"]}]
CHECKS = {"passed": ["thing.verify", "thing.work"], "into": "started:thing.open"}


@pytest.mark.parametrize(
    ("before", "result"),
    [
        ((), "missed"),
        ((("thing.verify", "succeeded"),), "missed"),
        ((("thing.verify", "succeeded"), ("thing.work", "succeeded")), "met"),
        ((("thing.verify", "succeeded"), ("thing.work", "failed")), "harmed"),
        ((("thing.verify", "failed"), ("thing.work", "succeeded"), ("thing.verify", "succeeded")), "met"),
        ((("thing.verify", "succeeded"), ("thing.work", "succeeded"), ("thing.verify", "failed")), "harmed"),
    ],
)
def test_users_are_let_in_over_every_check_s_last_run(
    tmp_path: Path, before: tuple[tuple[str, str], ...], result: str
) -> None:
    play = Play(tmp_path, **CHECKS)
    for action, status in before:
        play.run(action, status)
    play.run("thing.open")
    assert play.result() == result


def test_nobody_let_in_is_missed(tmp_path: Path) -> None:
    assert Play(tmp_path, **CHECKS).result() == "missed"


@pytest.mark.parametrize(
    ("runs", "rating"),
    [
        (["found", "cure"], "S"),
        (["found"], "M"),
        (["cure", "found"], "M"),
        (["cure"], "P"),
        (["found", "cure", "found"], "M"),
    ],
)
def test_found_and_repaired_is_between_never_found_and_left_so(tmp_path: Path, runs: list[str], rating: str) -> None:
    play = Play(tmp_path, critical=True, never=["failed:thing.verify"], repaired=["ran:thing.verify"])
    play.write(e.NoteAdded(text="seen"))
    for run in runs:
        play.run("thing.verify", "failed" if run == "found" else "succeeded")
    assert play.shown().objectives[0].rating == rating


def test_what_reached_users_makes_an_objective_unable_whatever_else_was_met(tmp_path: Path) -> None:
    play = Play(tmp_path, never=["made:users.met=damage"], harm=True)
    play.write(e.NoteAdded(text="seen"))
    play.run("thing.open", **{"users.met": "damage"})
    (shown,) = play.shown().objectives
    assert shown.rating == "U"
    assert "with harm" in shown.why


def test_who_did_nothing_has_performed_nothing(tmp_path: Path) -> None:
    play = Play(tmp_path, critical=True, never=["failed:thing.verify"])
    assert play.shown().objectives[0].rating == "U"


@pytest.mark.parametrize(
    ("between", "params", "again"),
    [
        ((), None, 1),
        ((e.NoteAdded(text="hm"),), None, 1),
        ((), {"by": "hand"}, 0),
        ((e.DecisionMade(step="point", name="recovery_point", answer="latest"),), None, 0),
        ((e.StepMarkedDone(step="tell", note=""),), None, 0),
    ],
)
def test_pressing_the_same_again_counts_unless_something_was_changed(
    tmp_path: Path, between: tuple[e.Body, ...], params: dict[str, Any] | None, again: int
) -> None:
    play = Play(tmp_path, never=["again"])
    play.run("thing.work", "failed")
    play.write(*between) if between else None
    play.run("thing.work", "failed", params)
    assert play.again() == again


def test_another_action_in_between_is_a_change(tmp_path: Path) -> None:
    play = Play(tmp_path, never=["again"])
    for action, status in (("thing.work", "failed"), ("thing.verify", "failed"), ("thing.work", "succeeded")):
        play.run(action, status)
    assert play.again() == 0


@pytest.mark.parametrize(
    ("bodies", "result"),
    [
        ([e.StepMarkedDone(step="tell", note="")], "missed"),
        ([e.StepMarkedDone(step="tell", note="told Ada")], "met"),
        ([e.StepMarkedDone(step="tell", note=""), e.NoteAdded(step="tell", text="told Ada")], "met"),
        ([], "met"),
    ],
)
def test_a_tick_without_a_note_counts(tmp_path: Path, bodies: list[e.Body], result: str) -> None:
    play = Play(tmp_path, never=["undocumented:tell"])
    play.write(*bodies) if bodies else None
    assert play.result() == result


def test_the_last_tick_does_a_step_and_documents_nothing(tmp_path: Path) -> None:
    play = Play(tmp_path, happened=["step:tell"])
    play.write(*(e.ItemChecked(step="tell", item=item, checked=True) for item in ("page", "phone")))
    assert play.result() == "met"


@pytest.mark.parametrize(("reason", "result"), [("", "missed"), ("the log says so", "met")])
def test_an_answer_without_a_reason_counts(tmp_path: Path, reason: str, result: str) -> None:
    play = Play(tmp_path, happened=["reasoned:recovery_point"])
    play.write(e.DecisionMade(step="point", name="recovery_point", answer="latest", reason=reason))
    assert play.result() == result
