"""Late entries: done at one time, written at another. Clocks use the first time, the report names both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from journal.commands.incident import NotNow
from journal.events import types as e
from journal.incident import clocks
from journal.incident.late import NotThen
from journal.report import render
from journal.report.build import build
from tests.actions.worlds import Person, declared, places_in
from tests.journal.report.test_report import small
from tests.journal.stories import DECLARED, Story, plan, step


def test_the_rto_counts_when_it_was_done_not_when_it_was_written() -> None:
    told = Story(plan(step("a", action="some.action"), validated_by=["a"]))
    done_at = DECLARED + timedelta(minutes=20)
    told.at = DECLARED + timedelta(hours=5)
    told.tell(e.StepMarkedDone(step="a", note="counted", happened_at=done_at.isoformat()))
    clock = clocks.rto(told.incident, told.at)[0]
    assert (clock.achieved_at, clock.used, clock.met) == (done_at, 30 * 60, True)
    assert [d.at for d in told.incident.deviations] == [done_at]


def test_a_time_that_cannot_be_read_does_not_stop_the_fold() -> None:
    told = Story(plan(step("a")))
    told.tell(e.StepSkipped(step="a", reason="r", happened_at="last night"))
    assert told.incident.steps["a"].at == told.incident.last_at


def test_the_report_puts_it_where_it_happened_and_says_when_it_was_written(tmp_path: Path) -> None:
    path = small(
        tmp_path,
        e.NoteAdded(text="typed in first"),
        e.StepSkipped(step="a", reason="no need", happened_at=(DECLARED + timedelta(seconds=0.5)).isoformat()),
    )
    found = build(path)
    skipped = next(entry for entry in found.timeline if entry.type == "step.skipped")
    assert (skipped.at, skipped.late) == (DECLARED + timedelta(seconds=0.5), True)
    assert skipped.written_at > skipped.at
    text = render(found, "md")
    assert text.index("Skipped — no need") < text.index("typed in first")
    assert "late entry" in text[text.index("Skipped — no need") :].splitlines()[0]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(declared(places_in(tmp_path)))


def test_commands_take_the_time_of_what_is_written_later(person: Person) -> None:
    began = person.incident().began_at
    person.desk.skip("shell", "not needed", began)
    person.desk.mark_done("work", "by hand", began)
    person.desk.decide("point", "latest", "the disk died", began)
    incident = person.incident()
    assert {incident.steps[name].at for name in ("shell", "work", "point")} == {began}
    assert incident.decisions["recovery_point"].at == began
    assert incident.last_at > began


def test_what_cannot_have_happened_then_is_refused(person: Person) -> None:
    began, ahead = person.incident().began_at, datetime.now(UTC) + timedelta(minutes=5)
    for at, why in ((began - timedelta(seconds=1), "before"), (ahead, "future")):
        with pytest.raises(NotThen, match=why):
            person.desk.mark_done("tell", "", at)
        with pytest.raises(NotThen, match=why):
            person.desk.skip("tell", "r", at)
        with pytest.raises(NotThen, match=why):
            person.desk.decide("point", "latest", "", at)
    with pytest.raises(NotThen, match="future"):
        person.desk.note("seen", "", ahead)
    person.desk.note("the disk made noises on Monday", "", began - timedelta(days=2))
    with pytest.raises(NotThen, match="zone"):
        person.desk.mark_done("tell", "", datetime(2026, 11, 22, 3, 0))
    assert person.incident().seq == 2
    with pytest.raises(NotNow):
        person.desk.mark_done("work", "", began)
