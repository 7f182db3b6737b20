"""Assessing an exercise from its journal alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from journal.events import types as e
from journal.exercise.assessment import Assessment, assess
from journal.incident.fold import fold_events
from journal.store.errors import JournalDamaged
from journal.store.journal import Journal, Reader
from tests.actions.worlds import declared, places_in

OBJECTIVES = [{"id": "do", "title": "Do it"}]


def _script(*expectations: dict[str, Any], **more: Any) -> dict[str, Any]:
    rules = [{"title": f"number {n}", "objective": "do", **rule} for n, rule in enumerate(expectations)]
    return {"title": "A trial", "scenario": "loss", "objectives": OBJECTIVES, "expectations": rules, **more}


def _assessed(folder: Path, script: dict[str, Any], *bodies: e.Body) -> Assessment | None:
    place = declared(places_in(folder), kind=e.Kind.TABLETOP)
    with Journal.open(place.journal, actor="player@here") as journal:
        for body in [e.ExerciseBegan(exercise=script), *bodies] if script else bodies:
            journal.append(body)
    with Reader(place.journal) as reader:
        return assess(fold_events(reader.events()), reader.events())


def _run(action: str, status: str, at: int, **facts: Any) -> list[e.Body]:
    """A run whose request is event ``at``."""
    return [
        e.RunRequested(step="work", action=action),
        e.ActionStarted(step="work", run=at, action=action),
        e.ActionFinished(step="work", run=at, status=status, summary="", facts=facts),  # type: ignore[arg-type]
    ]


def test_an_incident_that_is_no_exercise_is_not_assessed(tmp_path: Path) -> None:
    assert _assessed(tmp_path, {}, e.NoteAdded(text="real")) is None


@pytest.mark.parametrize(
    ("rule", "met"),
    [
        ({"happened": ["step:tell", "closed"]}, True),
        ({"happened": ["closed"]}, False),
        ({"before": ["step:tell", "action:thing.work"]}, True),
        ({"before": ["action:thing.work", "step:tell"]}, False),
        ({"before": ["step:tell", "closed"]}, True),
        ({"before": ["closed", "step:tell"]}, False),
        ({"within": "step:tell", "minutes": 15}, True),
        ({"within": "step:tell", "minutes": 0.0000001}, False),
        ({"within": "closed", "minutes": 15}, False),
        ({"never": ["closed", "skipped:other"]}, True),
        ({"never": ["fact:thing.work.damaged=true"]}, False),
        ({"happened": ["ran:thing.work"]}, True),
        ({"happened": ["ran:thing.other"]}, False),
        ({"happened": ["action:thing.other"]}, True),
        ({"happened": ["stands:point=sound"]}, True),
    ],
)
def test_each_rule(tmp_path: Path, rule: dict[str, Any], met: bool) -> None:
    found = _assessed(
        tmp_path,
        _script(rule),
        e.StepMarkedDone(step="tell", note=""),
        *_run("thing.work", "succeeded", 4, damaged=True),
        e.StepMarkedDone(step="other", note="by hand"),
        e.DecisionMade(step="point", name="recovery_point", answer="latest"),
    )
    assert found
    assert [result.met for result in found.expectations] == [met]
    assert found.done_well == (["number 0"] if met else [])
    assert bool(found.missed) is not met
    assert found.expectations[0].why


@pytest.mark.parametrize(
    ("met", "why"),
    [
        ([True], "The only expectation was met."),
        ([True, True], "All 2 expectations were met."),
        ([False], "1 of 1 expectation missed: number 0."),
        ([True, False], "1 of 2 expectations missed: number 1."),
    ],
)
def test_a_rating_says_of_how_many_expectations(tmp_path: Path, met: list[bool], why: str) -> None:
    found = _assessed(
        tmp_path, _script(*({"happened": ["note" if n else "closed"]} for n in met)), e.NoteAdded(text="seen")
    )
    assert found
    assert found.objectives[0].why == why


@pytest.mark.parametrize(("missed", "rating"), [((), "P"), ((1,), "S"), ((0,), "M"), ((0, 1), "M"), ((0, 1, 2), "U")])
def test_an_objective_is_rated_as_hseep_does(tmp_path: Path, missed: tuple[int, ...], rating: str) -> None:
    rules = [{"happened": ["closed" if n in missed else "note"], "critical": n == 0} for n in range(3)]
    found = _assessed(tmp_path, _script(*rules), e.NoteAdded(text="seen"))
    assert found
    assert found.objectives[0].rating == rating


@pytest.mark.parametrize(
    ("point", "sound"),
    [
        ("latest", False),
        ("postgres backup:OLD", True),
        ("postgres backup:NEW", False),
        ("early", True),
        ("late", False),
    ],
)
def test_a_recovery_point_is_sound_before_the_damage(tmp_path: Path, point: str, sound: bool) -> None:
    script = _script({"happened": ["stands:point=sound"]}, damage_s=600.0, backups={"OLD": 1200.0, "NEW": 60.0})
    place = declared(places_in(tmp_path), kind=e.Kind.TABLETOP)
    with Journal.open(place.journal, actor="player@here") as journal, Reader(place.journal) as reader:
        began = fold_events(reader.events()).began_at
        times = {"early": began - timedelta(seconds=601), "late": began - timedelta(seconds=599)}
        answer = f"time:{times[point].isoformat()}" if point in times else point
        journal.append(e.ExerciseBegan(exercise=script))
        journal.append(e.DecisionMade(step="point", name="recovery_point", answer=answer))
        found = assess(fold_events(reader.events()), reader.events())
    assert found
    assert found.expectations[0].met is sound


def test_an_inject_is_set_beside_what_answered_it(tmp_path: Path) -> None:
    injects = [
        {"id": "asked", "text": "When?", "expected": "a note", "answered_by": ["note"], "at_s": 60.0},
        {"id": "ignored", "text": "Look!", "expected": "a look", "answered_by": ["closed", "note"]},
        {"id": "later", "text": "Never given", "expected": "nothing"},
        {"id": "second", "text": "And now?", "expected": "a note of its own", "answered_by": ["note"]},
    ]
    found = _assessed(
        tmp_path,
        _script(injects=injects),
        e.NoteAdded(text="before it was asked"),
        e.InjectGiven(inject="asked", text="When?"),
        e.InjectGiven(inject="ignored", text="Look!"),
        e.InjectGiven(inject="second", text="And now?"),
        e.NoteAdded(text="in an hour"),
        e.InjectAnswered(inject="asked", how="note"),
        e.NoteAdded(text="as before"),
        e.InjectAnswered(inject="second", how="note"),
    )
    assert found
    asked, ignored, later, second = found.injects
    assert asked.answered_at
    assert second.answered_at
    assert asked.answered_at < second.answered_at, "each note answers one inject"
    assert asked.observed.startswith("a note was written")
    assert asked.given_at
    assert ignored.observed == "nothing that answers it"
    assert later.given_at is None


def test_a_script_that_is_none_is_named_as_damage(tmp_path: Path) -> None:
    with pytest.raises(JournalDamaged, match="2 rules"):
        _assessed(tmp_path, _script({"happened": ["note"], "never": ["closed"]}))
