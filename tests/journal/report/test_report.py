"""The report's content: what the journal holds, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from journal.events import types as e
from journal.plan.read import read_plan
from journal.report import FORMATS, pieces, render
from journal.report.build import build
from journal.report.model import Report
from journal.report.words import sentence
from journal.store.check import verify_apart
from journal.store.journal import Journal, Reader
from journal.verify import Verdict
from tests.journal.stories import ADA, BEGAN, BEN, DECLARED, SetClock, Story, declaration, plan, step, write_recovery

ROOT = Path(__file__).parents[3]
RENDER_ALL = """
import sys
from pathlib import Path
from journal.report import FORMATS, pieces, render
from journal.report.build import build
report = build(Path(sys.argv[1]))
for name in ("md", "html", "json"):
    sys.stdout.buffer.write(render(report, name).encode())
"""
BUNDLED = ROOT / "cleo_console" / "plans" / "cleoai.yaml"


@pytest.fixture(scope="module")
def recovery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recovery(tmp_path_factory.mktemp("recovery") / "journal.db", read_plan(BUNDLED).data)


@pytest.fixture(scope="module")
def report(recovery: Path) -> Report:
    return build(recovery)


def test_header_says_what_was_declared_and_by_whom(report: Report) -> None:
    head = report.incident
    assert (head.id, head.kind, head.title) == ("INC-2026-03-01-1", "LAB", "Data directory lost")
    assert (head.scenario_title, head.declared_by, head.plan.version) == ("Database Failure", ADA, "1.0")
    assert [(s.severity, s.by) for s in head.severities] == [("SEV2 High", ADA), ("SEV1 Critical", ADA)]
    assert head.outcome.startswith("closed with ")
    assert [r.name for r in report.responders] == [ADA, BEN] and report.programs == []
    assert sum(r.events for r in report.responders) == report.verification.events


def test_key_times_have_their_distance_from_the_disruption(report: Report) -> None:
    found = {time.name: time.offset_s for time in report.times}
    assert (found["t_disruption"], found["t_discovered"], found["t_declared"]) == (0, 300, 600)
    assert found["t_validated_full"] is None
    assert found["t_closed"] and report.as_of == BEGAN + timedelta(seconds=found["t_closed"])


def test_objectives_tell_met_from_claimed_from_not_measured(report: Report) -> None:
    rto = {result.tier: result for result in report.rto}
    assert [result.target_s for result in report.rto] == [3600, 4 * 3600, 8 * 3600]
    assert (rto["critical"].verdict, rto["critical"].by_hand) == ("met", True)
    assert rto["critical"].achieved_s == rto["critical"].since_declared_s + 600  # type: ignore[operator]
    assert (rto["full"].verdict, rto["full"].achieved_s) == ("not measured", None)
    assert "4.1.1" in rto["full"].remark
    (lost,) = report.rpo
    assert (lost.system, lost.lost, lost.verdict) == ("postgres", "42 s", "met")
    assert (lost.newest_known, lost.known_from) == (BEGAN, "postgres.restore")


def test_who_chose_and_why(report: Report) -> None:
    chosen = {choice.name: choice for choice in report.choices}
    strategy = chosen["strategy"]
    assert (strategy.answer_title, strategy.by) == ("Cold recovery from backups", ADA)
    assert strategy.reason == "the standby is gone too"
    assert (chosen["recovery_point"].answer, chosen["recovery_point"].reason) == ("latest", "")


def test_late_entries_stand_where_they_happened_with_both_times(report: Report) -> None:
    entries = list(report.timeline)
    first = entries[0]
    assert first.late and first.text == "Note: first page came in"
    assert first.at == BEGAN + timedelta(minutes=2)
    assert first.written_at > DECLARED
    assert len(report.timeline) == report.verification.events
    assert len(entries) == len(report.timeline)
    assert [entry.seq for entry in entries if not entry.late] == sorted(e.seq for e in entries if not e.late)


def test_each_run_has_target_programs_output_and_end(report: Report) -> None:
    runs = [run for run in report.actions if run.action == "postgres.restore"]
    assert [(run.state, run.attempt) for run in runs] == [("refused", 0), ("failed", 1), ("succeeded", 2)]
    assert (runs[0].refused_by, runs[0].refusal) == ("verified", "Backups must be verified first.")
    assert runs[1].left_behind == "nothing changed"
    done = runs[2]
    assert [(fact.name, fact.known) for fact in done.target] == [
        ("host", "reported"),
        ("system identifier", "last known"),
        ("machine id", "unknown"),
    ]
    assert (done.destructive, done.duration_s, done.digest) == (True, 241.5, "cd" * 32)
    assert [(p.argv[0], p.code, p.host) for p in done.programs] == [("pgbackrest", 0, "db1")]
    assert (done.output.lines, len(done.output.sha256)) == (30, 64)
    assert done.output.tail[-1] == "restore file base/29"
    assert [(o.gate, o.reason) for o in done.overrides] == [("verified", "verified an hour ago by the schedule")]
    (doubtful,) = [run for run in report.actions if run.action == "postgres.start"]
    assert (doubtful.state, doubtful.verdict, doubtful.in_doubt) == ("in doubt", "done", "its runner is gone")


def test_deviations_and_open_points_name_step_and_reason(report: Report) -> None:
    found = [(d.what, d.step.number) for d in report.deviations]
    assert found[:3] == [("done by hand", "1.1.2"), ("skipped", "2.1.2"), ("gate verified overridden", "3.2.6")]
    assert ("in doubt", "3.1.4") not in found and ("doubt resolved as done", "3.1.4") in found
    assert "3.2.7" in [point.step.number for point in report.open_points]
    assert not {"2.1.2", "3.1.4", "7.1.1"} & {point.step.number for point in report.open_points}


def test_checklist_and_communications_show_who_ticked_what(report: Report) -> None:
    by_id = {s.step.id: s for phase in report.checklist for section in phase.sections for s in section.steps}
    assert (by_id["postgres-restore"].state, by_id["smoke-tests"].state) == ("done", "not done")
    assert (by_id["severity"].note, by_id["mongodb-restore"].state) == ("SEV1 Critical", "not applicable")
    told = ["notify-stakeholders", "update-status-page", "alert-on-call", "tell-outside"]
    assert [s.step.id for s in report.communications] == told
    posted = report.communications[1].items[0]
    assert (posted.text, posted.checked, posted.by) == ("Incident posted", True, BEN)


def test_legal_clocks_show_the_plan_beside_the_law(report: Report) -> None:
    hipaa = next(row for row in report.legal if row.title == "HIPAA")
    discovered = BEGAN + timedelta(minutes=5)
    assert (hipaa.plan_until, hipaa.law_until) == (discovered + timedelta(hours=72), discovered + timedelta(days=60))
    assert "164.404" in hipaa.source


def test_summary_says_only_what_was_found(report: Report) -> None:
    text = " ".join(report.summary.sentences)
    for part in ("a lab exercise", "discovered after 5 min", "met, 42 s of data lost", "claimed by hand", "1 skipped"):
        assert part in text
    assert report.summary.closing_words == "Service is back; 42 s of heartbeats are lost."


def test_the_chain_is_checked_and_the_head_is_the_journals(recovery: Path, report: Report) -> None:
    assert report.verification.ok and not report.verification.faults
    with Reader(recovery) as reader:
        assert (report.verification.events, report.verification.head) == reader.head()


def test_two_runs_give_the_same_bytes_also_in_another_process(recovery: Path, report: Report) -> None:
    environment = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", RENDER_ALL, str(recovery)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=True)
    assert done.stdout == b"".join(render(report, name).encode() for name in ("md", "html", "json"))


def test_what_is_written_while_the_chain_is_checked_is_not_in_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small(tmp_path, e.NoteAdded(text="checked"))

    def check_and_go_on(journal: Path, head: str | None, more: Sequence[Path]) -> Verdict:
        verdict = verify_apart(journal, head, more=more)
        with Journal.open(journal, actor=BEN) as writing:
            writing.append(e.NoteAdded(text="unchecked"))
        return verdict

    monkeypatch.setattr("journal.report.build.verify_apart", check_and_go_on)
    found = build(path)
    assert [entry.text for entry in found.timeline][1:] == ["Note: checked"]
    assert found.verification.events == 2


class Sneezed(e.Body, frozen=True, kw_only=True, tag="person.sneezed"):
    who: str
    times: int = 0
    why: str = ""


def test_an_event_without_words_of_its_own_is_shown_plainly(tmp_path: Path) -> None:
    incident = Story(plan(step("a"))).incident
    assert sentence(incident, Sneezed(step="a", who="Ada", times=2)) == "person.sneezed: who Ada, times 2"
    assert sentence(incident, e.StepSkipped(step="a", reason="no need")) == "Skipped — no need"


def test_who_led_and_who_took_which_step_is_told(tmp_path: Path) -> None:
    took = (e.StepTaken(step="tell", over_from=BEN), e.StepGivenBack(step="tell"))
    path = small(tmp_path / "a.db", e.RoleTaken(name="scribe"), e.RoleTaken(name="lead", over_from=BEN), *took)
    report = build(path)
    assert "lead" in report.responders[0].roles and "scribe" not in report.responders[0].roles
    said = [entry.text for entry in report.timeline]
    assert f"Is lead from now on, taken over from {BEN}" in said
    assert said[-2:] == [f"Taken over from {BEN}", "Given back"]
    assert any("Is lead from now on" in entry.text for entry in report.course)


def test_a_service_that_was_validated_is_not_reached_before_users_were_led_to_it(tmp_path: Path) -> None:
    moved = plan(step("test", action="x.y"), step("dns", action="x.z"), validated_by=["test"])
    moved["objectives"]["rto"]["critical"]["reached_by"] = ["dns"]
    now = SetClock()
    with Journal.create(tmp_path / "journal.db", declaration(moved), actor=ADA, clock=now.clock()) as journal:
        now.pass_(minutes=10)
        journal.append(e.StepMarkedDone(step="test", note="seen"))
        (open_,) = build(tmp_path / "journal.db").rto
        now.pass_(minutes=70)
        journal.append(e.StepMarkedDone(step="dns", note="seen"))
    (led,) = build(tmp_path / "journal.db").rto
    assert "users are not known to reach it: step 1.1.2 not done" in open_.remark
    assert re.search(r"users were led to it only after 1 h \d+ min.*, \d+ min.* too late", led.remark), led.remark
    assert led.achieved_s == open_.achieved_s


def small(path: Path, *bodies: e.Body, clock: SetClock | None = None) -> Path:
    now = clock or SetClock()
    first = declaration(plan(step("a", action="x.y"), validated_by=["a"]))
    with Journal.create(path / "journal.db", first, actor=ADA, clock=now.clock()) as journal:
        for body in bodies:
            now.pass_(minutes=1)
            journal.append(body)
    return path / "journal.db"


def test_an_incident_with_nothing_in_it_makes_a_report_that_claims_nothing(tmp_path: Path) -> None:
    found = build(small(tmp_path))
    assert (found.incident.outcome, found.rto[0].verdict, found.rpo[0].verdict) == ("open", "running", "not measured")
    assert (found.rto[0].achieved_s, found.actions, found.deviations) == (None, [], [])
    assert "The incident is still open." in found.summary.sentences
    assert "No action was run." in found.summary.sentences
    assert "chain verified: 1 event, up to head" in render(found, "md")
    assert "Why it happened is not known" in render(found, "md") and "Why it happened is not known" in render(
        found, "html"
    )
    for name in ("md", "html", "json"):
        assert "INC-2026-03-01-1" in render(found, name)


def test_closing_over_what_is_not_in_order_is_a_deviation_that_names_it(tmp_path: Path) -> None:
    now = SetClock()
    first = declaration(plan(step("s0"), step("s1"), step("nice", optional=True)))
    with Journal.create(tmp_path / "journal.db", first, actor=ADA, clock=now.clock()) as journal:
        journal.append(e.StepMarkedDone(step="s0", note="by hand"))
        assert build(journal.path).deviations == []
        now.pass_(minutes=30)
        journal.append(e.IncidentClosed(summary="Enough.", remaining=["open: 1.1.2 S1", "not well: x"]), actor=BEN)
    found = build(tmp_path / "journal.db")
    (left,) = found.deviations
    assert (left.at, left.by, left.step.id) == (now.at, BEN, "")
    assert (left.what, left.reason) == ("closed over what was not in order", "open: 1.1.2 S1; not well: x")
    assert "1 deviation from the plan: 1 closed over what was not in order." in found.summary.sentences
    for name in ("md", "html"):
        assert "not well: x" in render(found, name)


def test_closing_with_every_required_step_settled_is_no_deviation(tmp_path: Path) -> None:
    found = build(small(tmp_path, e.StepMarkedDone(step="a", note="by hand"), e.IncidentClosed(summary="Done.")))
    assert [deviation.what for deviation in found.deviations] == ["done by hand"]


@pytest.mark.parametrize("name", ["md", "html"])
def test_what_the_program_adds_to_words_stands_apart_from_them(tmp_path: Path, name: str) -> None:
    late = e.NoteAdded(text="Seen on the pager", happened_at=(BEGAN + timedelta(minutes=2)).isoformat())
    path = small(tmp_path, late, e.IncidentClosed(summary="It is up again.", derived=True))
    text = render(build(path), name)
    assert "Made by the program" in text and "late entry" in text
    assert not re.search(r"[^\s>(](\(late|\(Made|Made by)", text)


def test_what_was_decided_is_not_said_to_be_how_it_was_recovered(tmp_path: Path) -> None:
    """A server that came back by itself is not recovered from backups, though that was decided beforehand."""
    path = write_recovery(tmp_path / "journal.db", read_plan(BUNDLED).data)
    story = build(path).summary.story
    assert "Decided for the recovery: the latest that can be recovered; Cold recovery from backups." in story
    assert not any("was recovered" in sentence for sentence in story)


def test_a_clock_that_jumps_back_does_not_reorder_what_happened(tmp_path: Path) -> None:
    now = SetClock()
    first = declaration(plan(step("a")))
    with Journal.create(tmp_path / "journal.db", first, actor=ADA, clock=now.clock()) as journal:
        journal.append(e.NoteAdded(text="one"))
        now.pass_(hours=-1)
        journal.append(e.NoteAdded(text="two"))
        now.pass_(hours=3)
        journal.append(e.NoteAdded(text="three"))
        for text, hours in (("between", 1.0), ("before", -0.5), ("together", 0.0)):
            journal.append(e.NoteAdded(text=text, happened_at=(DECLARED + timedelta(hours=hours)).isoformat()))
    texts = [entry.text for entry in build(tmp_path / "journal.db").timeline]
    assert texts[1].startswith("Declared")
    assert texts[:1] + texts[2:] == [
        "Note: before",
        "Note: one",
        "Note: two",
        "Note: together",
        "Note: between",
        "Note: three",
    ]


def test_ten_thousand_events_are_reported_in_seconds(tmp_path: Path) -> None:
    path = small(tmp_path)
    with Journal.open(path, actor=ADA) as journal:
        flapping = [e.HealthChanged(system="db", status="up", was="down")] * 500
        for _ in range(20):
            journal.append(*flapping)
    found = build(path)
    assert len(found.timeline) == len(found.health) + 1 == 10_001
    assert render(found, "html", full=True).count("</tr>") > 20_000
    assert render(found, "html").count("</tr>") < 50
    assert len(json.loads(render(found, "json"))["timeline"]) == 10_001
    for name in FORMATS:
        assert max(map(len, pieces(found, name, full=True))) < 300_000  # a longer one needs no more memory
