"""`cleo schedule`: what is due, overdue and passed by the journals that lie here, and how it goes over time."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from cleo_console.cli.schedule import schedule
from cleo_console.drills.forms import Schedule, Standing
from cleo_console.drills.read import schedule_of
from journal.events import types as e
from journal.paths import Paths
from journal.plan.read import plan_from_data
from journal.store.journal import Journal
from tests.journal.audit.test_pack import CLOSED, PLAN, run, write
from tests.journal.stories import SetClock, declaration, plan, step

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def stands(home: Path, now: datetime = NOW) -> tuple[Schedule, dict[str, Standing]]:
    made = schedule_of(Paths(incidents=home / "incidents", locks=home / "locks"), plan_from_data(PLAN), now)
    return made, {test.item: test for test in made.tests}


def drilled(home: Path, id_: str, began: str, took_s: float, kind: e.Kind = e.Kind.DRILL) -> Path:
    facts = {"drill_s": took_s, "drill_lost_s": 2 * took_s}
    requested, started, _ = run("some.drill")
    finished = e.ActionFinished(step="drill", run=2, status="succeeded", summary="back", facts=facts)
    return write(home, id_, began, kind, requested, started, finished, CLOSED)


def test_what_was_held_in_the_quarter_before_is_due_and_what_was_missed_there_is_overdue(tmp_path: Path) -> None:
    for number, took_s in enumerate((4.0, 8.0, 6.0)):
        drilled(tmp_path, f"INC-{number}", f"2026-0{7 + number}-10T10:00", took_s)
    write(tmp_path, "INC-lost", "2026-10-02T10:00", e.Kind.DRILL, *run("some.drill", "failed"))
    _, tests = stands(tmp_path)
    restore = tests["Restore"]
    assert (restore.state, restore.missed, len(restore.held)) == ("due", 0, 3)
    assert restore.last is not None and restore.last.incident == "INC-2"
    assert restore.tried == ["INC-lost: some.drill failed: some.drill said so"]
    assert [(one.what, [point.seconds for point in one.points]) for one in restore.trends] == [
        ("recovery", [4, 8, 6]),
        ("loss", [8, 16, 12]),
    ]
    assert (tests["Failover"].state, tests["Failover"].missed, tests["Failover"].held) == ("overdue", -1, [])
    later = stands(tmp_path, datetime(2027, 1, 5, tzinfo=UTC))[1]["Restore"]
    assert (later.state, later.missed) == ("overdue", 1)


@pytest.mark.parametrize(("kind", "state"), [(e.Kind.DRILL, "passed"), (e.Kind.LAB, "in part")])
def test_a_lab_counts_in_part(kind: e.Kind, state: str, tmp_path: Path) -> None:
    drilled(tmp_path, "INC-1", "2026-11-10T10:00", 4.0, kind)
    assert stands(tmp_path)[1]["Restore"].state == state


def test_a_look_at_a_part_shows_no_test(tmp_path: Path) -> None:
    requested, started, _ = run("some.drill")
    part = e.ActionFinished(step="drill", run=2, status="succeeded", summary="quick", partial="nothing to compare with")
    write(tmp_path, "INC-1", "2026-11-10T10:00", e.Kind.DRILL, requested, started, part, CLOSED)
    assert not stands(tmp_path)[1]["Restore"].held


def test_a_journal_that_was_altered_shows_nothing_and_is_named(tmp_path: Path) -> None:
    path = drilled(tmp_path, "INC-1", "2026-11-10T10:00", 4.0)
    with sqlite3.connect(path) as journal:
        journal.execute("DROP TRIGGER events_stand")
        journal.execute("UPDATE events SET payload = replace(payload, 'back', 'lost') WHERE seq = 4")
    made, tests = stands(tmp_path)
    assert tests["Restore"].state == "overdue" and not tests["Restore"].held
    assert [one for one in made.doubtful if one.startswith("INC-1: it does not verify")]


def test_who_never_held_a_test_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEO_HOME", str(tmp_path))
    done = CliRunner().invoke(schedule, [])
    assert done.exit_code == 1
    assert "NEVER HELD" in done.stdout
    told = json.loads(CliRunner().invoke(schedule, ["--json"]).stdout)
    assert {test["state"] for test in told["tests"]} == {"overdue"}


def test_steps_that_people_did_show_a_test_and_a_recovery_is_timed_until_writers_were_let_in(tmp_path: Path) -> None:
    held_by = {"Failover": {"actions": ["*.promote"]}, "Coordination": {"steps": ["tell"]}}
    tests = [{"every": "month", "items": [*held_by], "held_by": held_by}]
    asked = plan(step("drill", action="some.promote"), step("tell", items=["sent"]), tests=tests)
    began = datetime(2026, 11, 10, 10, tzinfo=UTC)
    first = declaration(asked, id="INC-1", kind=e.Kind.LAB, began_at=began.isoformat(), discovered_at=began.isoformat())
    folder, now = tmp_path / "incidents" / "INC-1", SetClock(began)
    folder.mkdir(parents=True)
    told = e.StepMarkedDone(step="tell", note="both regions")
    with Journal.create(folder / "journal.db", first, actor="ada@bastion", clock=now.clock()) as journal:
        for body in (*run("some.promote"), *run("some.allow_writers", seq=5), told, CLOSED):
            now.pass_(minutes=1)
            journal.append(body)
    made = schedule_of(Paths(incidents=tmp_path / "incidents", locks=tmp_path / "l"), plan_from_data(asked), NOW)
    shown = {test.item: test for test in made.tests}
    assert [one.by for one in shown["Coordination"].held] == ["tell"]
    (recovery,) = [trend for trend in shown["Failover"].trends if trend.what == "recovery"]
    assert recovery.points[0].seconds == 360
