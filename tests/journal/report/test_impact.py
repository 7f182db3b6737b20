"""Service impact and the course of events: what the first page and the first chapter say, and what they do not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from journal.events import types as e
from journal.report import render
from journal.report.build import build
from journal.report.impact import together
from journal.report.impact_bar import SIGNS, WIDTH, slots, text_bar
from journal.report.model import Report, SystemImpact
from journal.store.journal import Journal
from tests.journal.stories import ADA, BEGAN, BEN, DECLARED, SetClock, declaration, plan, step

RUNNER = "runner@ops1"
STEPS = (
    step("affected", decision={"name": "affected", "question": "Which?", "kind": "systems"}),
    step("a", action="db.restore"),
)


class Told:
    """A journal to which events are appended, each some seconds after the one before."""

    def __init__(self, folder: Path) -> None:
        self.now = SetClock()
        self.path = folder / "journal.db"
        self._journal = Journal.create(self.path, declaration(plan(*STEPS)), actor=ADA, clock=self.now.clock())

    def tell(self, after_s: float, body: e.Body, by: str = RUNNER) -> int:
        self.now.pass_(seconds=after_s)
        return self._journal.append(body, actor=by)[0].seq

    def health(self, after_s: float, status: str, system: str = "db") -> None:
        self.tell(after_s, e.HealthChanged(system=system, status=status, was=""))

    def run(self, action: str, undone_by: str = "", status: str = "succeeded", after_s: float = 10) -> None:
        run = self.tell(0, e.RunRequested(action=action, system="db"), ADA)
        self.tell(0, e.ActionStarted(run=run, action=action, system="db", undone_by=undone_by))
        self.tell(after_s, e.ActionFinished(run=run, status=status, summary=""))  # type: ignore[arg-type]

    def report(self) -> Report:
        self._journal.close()
        return build(self.path)


def totals(report: Report) -> dict[str, float]:
    (impact,) = report.impact
    return impact.totals


def test_a_system_is_down_then_read_only_then_up(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told.tell(0, e.RunnerStarted(pid=1, started=1))
    told.health(20, "down")
    told.run("db.stop_writers", undone_by="db.allow_writers")
    told.health(20, "not answering")
    told.health(10, "up")
    told.run("db.allow_writers", after_s=5)
    told.tell(15, e.IncidentClosed(summary="over"), ADA)
    report = told.report()
    before = (DECLARED - BEGAN).total_seconds() + 20
    assert totals(report) == {"down": 30, "not answering": 10, "read-only": 5, "not measured": before, "up": 15}
    said = "found down for 30 s, not answering for 10 s, read-only for 5 s; not measured for 10 min 20 s."
    for name in ("md", "html"):
        assert said in render(report, name)


def test_writers_that_were_not_surely_kept_out_make_nothing_read_only(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told.tell(0, e.RunnerStarted(pid=1, started=1))
    told.health(0, "degraded")
    told.run("db.stop_writers", undone_by="db.allow_writers", status="failed")
    told.health(10, "up")
    told.tell(10, e.IncidentClosed(summary="over"), ADA)
    assert "read-only" not in totals(told.report())


def test_time_without_a_runner_is_not_measured_whatever_was_seen_last(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told.tell(0, e.RunnerStarted(pid=1, started=1))
    told.health(0, "down")
    told.health(10, "up")
    told.tell(10, e.RunnerStopped(pid=1, why="asked to stop"))
    told.tell(100, e.RunnerStarted(pid=2, started=2))
    told.health(10, "down")
    told.tell(200, e.RunnerStarted(pid=3, started=3, took_over="pid 2"))
    told.tell(10, e.IncidentClosed(summary="over"), ADA)
    assert totals(told.report()) == {"down": 10 + 10, "not measured": 600 + 100 + 200, "up": 10 + 10}


def test_an_affected_system_that_nobody_measured_is_in_the_bar(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told.tell(1, e.DecisionMade(step="affected", name="affected", answer="db"), ADA)
    report = told.report()
    assert totals(report) == {"not measured": 601}
    assert "The database: not measured." in render(report, "md")


def test_what_is_down_at_the_last_entry_is_down_however_short_that_was(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told.tell(0, e.RunnerStarted(pid=1, started=1))
    told.health(2, "down")
    assert "The database: not measured for 10 min 02 s; down at the end." in render(told.report(), "md")


def test_what_was_not_measured_never_reads_as_well(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told.tell(0, e.DecisionMade(step="affected", name="affected", answer="db"), ADA)
    told.tell(0, e.RunnerStarted(pid=1, started=1))
    told.health(300, "up")
    told.health(0, "up", "other")
    told.tell(100, e.IncidentClosed(summary="over"), ADA)
    report = told.report()
    assert [impact.title for impact in report.impact] == ["The database"]
    assert "The database: not measured for 15 min; found up for 1 min 40 s." in render(report, "md")


def test_a_slot_shows_the_gravest_that_was_in_it_and_no_gap_reads_as_good(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told.tell(0, e.RunnerStarted(pid=1, started=1))
    told.health(0, "up")
    told.health(100, "down")
    told.health(1, "up")
    told.tell(2999, e.IncidentClosed(summary="over"), ADA)
    (impact,) = told.report().impact
    states = slots(impact, DECLARED, told.now.at, 30)
    assert states[:2] == ["down", "up"] and set(states[1:]) == {"up"}
    assert set(slots(impact, BEGAN - timedelta(days=2), BEGAN - timedelta(days=1), 5)) == {"not measured"}


def test_bars_of_several_systems_share_one_scale_and_together_show_the_worst(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told.tell(0, e.RunnerStarted(pid=1, started=1))
    told.health(0, "down", "db")
    told.health(0, "degraded", "a-cache-with-a-very-long-name")
    told.health(100, "up", "db")
    told.health(100, "up", "a-cache-with-a-very-long-name")
    told.tell(100, e.IncidentClosed(summary="over"), ADA)
    impacts: list[SystemImpact] = told.report().impact
    first, second, scale, key = text_bar(impacts, BEGAN, told.now.at)
    assert len(first) == len(second) == len(scale) and len(first) < 80
    assert first[-WIDTH:].count(SIGNS["down"]) == WIDTH // 9 + 1 and "?" in second and "· up" in key
    all_of_it = together(impacts, "Service")
    assert all_of_it.totals == {"down": 100, "degraded": 100, "not measured": 600, "up": 100}


def test_the_course_merges_what_says_the_same_and_leaves_out_refusals_that_were_overcome(tmp_path: Path) -> None:
    told = Told(tmp_path)
    for status in ("down", "degraded", "up", "down", "up", "down"):
        told.health(1, status)
    refused = told.tell(1, e.RunRequested(step="a", action="db.restore"), BEN)
    told.tell(0, e.RunRefused(step="a", run=refused, gate="order", message="later"))
    told.tell(1, e.NoteAdded(text="called the vendor", happened_at=(DECLARED - timedelta(minutes=1)).isoformat()), BEN)
    assert [entry.text for entry in build(told.path).course][-1] == "Refused by the gate order: later"
    run = told.tell(1, e.RunRequested(step="a", action="db.restore"), BEN)
    told.tell(0, e.ActionStarted(step="a", run=run, action="db.restore"))
    told.tell(9, e.ActionFinished(step="a", run=run, status="succeeded", summary="restored"))
    course = told.report().course
    assert [(entry.by, entry.text) for entry in course] == [
        (BEN, "Note: called the vendor"),
        (ADA, "Declared as LAB: Database gone (Lost, severity high)"),
        ("", "The database found down → … → down (6 changes)"),
        (BEN, "Succeeded after 9 s: restored"),
    ]
    assert [entry.late for entry in course] == [True, False, False, False]


def test_a_very_long_course_says_how_much_of_it_is_left_out(tmp_path: Path) -> None:
    told = Told(tmp_path)
    for number in range(1000):
        told.tell(1, e.NoteAdded(text=f"n{number}"), BEN)
    texts = [entry.text for entry in told.report().course]
    assert (len(texts), texts[1], texts[-1]) == (121, "Note: n0", "Note: n999")
    assert texts[60] == "881 lines are left out here; the appendix has all"
