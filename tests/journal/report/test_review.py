"""What people write for a report: fields, calls, action items, signatures, an exercise; and what is missing of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from journal.events import types as e
from journal.events.run import KnownSystem
from journal.events.types import Kind
from journal.incident.fold import fold_events
from journal.plan.read import read_plan
from journal.report import render
from journal.report.build import build
from journal.report.model import Report
from journal.report.words import sentence
from journal.store.journal import Journal, Reader
from tests.journal.report.reviewed_story import EXERCISE, write_reviewed
from tests.journal.report.test_report import BUNDLED
from tests.journal.stories import ADA, BEN, DECLARED, SetClock, declaration, plan, step


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_reviewed(tmp_path_factory.mktemp("reviewed") / "journal.db", read_plan(BUNDLED).data)


@pytest.fixture(scope="module")
def report(journal: Path) -> Report:
    return build(journal)


def test_what_people_wrote_comes_first_and_facts_stand_beneath(report: Report) -> None:
    written = {field.name: field for field in report.fields}
    assert written["summary"].text == "The volume was lost and came back.\nNobody noticed."
    assert (written["summary"].by, written["summary"].facts) == (BEN, report.summary.sentences)
    assert written["impact"].facts == [
        "Named as affected: PostgreSQL.",
        "PostgreSQL: found down for 20 min 20 s; not measured for 15 min 40 s.",
    ]
    assert written["detection"].facts == ["Discovered 5 min after the disruption, and declared 5 min later."]
    html = render(report, "html")
    assert html.index("Nobody noticed.") < html.index("was discovered after 5 min")


def test_a_narrowed_fleet_is_named_by_the_systems_that_were_chosen(tmp_path: Path) -> None:
    which = step("which", decision={"name": "affected", "question": "Which?", "kind": "systems"})
    systems = [KnownSystem(name=name, type="thing", plays="db") for name in ("orders", "users")]
    with Journal.create(tmp_path / "journal.db", declaration(plan(which)), actor=ADA) as journal:
        journal.append(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=systems))
        journal.append(e.DecisionMade(step="which", name="affected", answer="db/orders"))
        (run,) = journal.append(e.RunRequested(step="", action="thing.look", system="orders"))
        journal.append(e.ActionStarted(step="", run=run.seq, action="thing.look", system="orders"))
        journal.append(e.ActionFinished(step="", run=run.seq, status="succeeded", summary="seen"))
    report = build(tmp_path / "journal.db")
    (impact,) = (field.facts for field in report.fields if field.name == "impact")
    assert impact == ["Named as affected: The database orders.", "The database orders: not measured."]
    assert [result.title for result in report.rpo] == ["The database orders"], "the other one was not hit"
    with Reader(tmp_path / "journal.db") as reader:
        events = list(reader.events())
    incident = fold_events(events)
    assert [sentence(incident, event.body) for event in events[-3:]] == [
        "Asked for thing.look on orders",
        f"Started: thing.look on orders (run {run.seq})",
        f"Succeeded after 0 s (run {run.seq} on orders) — seen",
    ]


def test_what_nobody_wrote_reads_so_and_is_an_open_point(report: Report) -> None:
    assert {field.name for field in report.fields if not field.text} == {
        "impact",
        "detection",
        "contributing factors",
        "went well",
        "got lucky",
        "residual risk",
        "communications",
        "for customers",
    }
    points = {point.what: point.detail for point in report.open_points}
    assert points["not written"].startswith("impact, detection, contributing factors, went well, got lucky")
    assert points["action item incomplete"] == "A2 has no owner and due date"
    assert "not signed" not in points
    for name in ("md", "html"):
        assert render(report, name, full=True).lower().count("not written") == 1


def test_calls_are_measured_against_the_plans_promise(report: Report) -> None:
    first, second, third = report.calls
    assert (first.level, first.pages, first.response_s, first.promised_s) == ("L1", 2, 12 * 60, 15 * 60)
    assert (first.verdict, first.who, first.how) == ("in time", "Cem", "PagerDuty; by telephone")
    assert (second.level, second.response_s, second.verdict) == ("L2", 40 * 60, "late")
    assert (third.level, third.paged_at, third.verdict) == ("L3", None, "not called")
    assert [note.text for note in report.communication_notes] == ["Note: Support told to answer with the status page"]
    assert "late after 40 min, promised within 30 min" in render(report, "md")


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ([(e.ContactPaged(level="L1"), 0)], "waiting"),
        ([(e.ContactPaged(level="L1"), 0), (e.NoteAdded(text="later"), 20)], "no answer"),
        ([(e.ContactPaged(level="L1"), 0), (e.IncidentClosed(), 1)], "no answer"),
        ([(e.ContactAcknowledged(level="L1"), 0)], "answered, no call was noted"),
        ([(e.ContactPaged(level="L1"), 0), (e.CallTakenBack(level="L1"), 1)], "not called"),
        (
            [
                (e.ContactPaged(level="L1"), 0),
                (e.ContactAcknowledged(level="L1"), 0),
                (e.CallTakenBack(level="L1"), 1),
            ],
            "waiting",
        ),
        ([(e.DecisionMade(name="team", answer="alone"), 0)], "not called"),
        ([(e.DecisionMade(name="team", answer="lead"), 0)], "not needed"),
        ([(e.ContactPaged(level="L9"), 0), (e.ContactAcknowledged(level="L9"), 5)], "answered"),
    ],
)
def test_a_call_without_an_answer_is_never_called_answered(
    tmp_path: Path, told: list[tuple[e.Body, int]], verdict: str
) -> None:
    now = SetClock()
    team = {"alone": {"title": "Alone", "calls": ["L1"]}, "lead": {"title": "The lead", "calls": ["L2"]}}
    on_call = {"level": "L1", "role": "On call", "contact": "pager", "respond_within": "15 min"}
    decision = {"name": "team", "question": "Who?", "options": team}
    data = plan(
        step("a", decision=decision), escalation=[on_call, {"level": "L2", "role": "Lead", "contact": "telephone"}]
    )
    with Journal.create(tmp_path / "journal.db", declaration(data), actor=ADA, clock=now.clock()) as journal:
        for body, minutes in told:
            now.pass_(minutes=minutes)
            journal.append(body)
    assert build(tmp_path / "journal.db").calls[0].verdict == verdict


def test_who_is_called_again_after_an_answer_has_two_calls(tmp_path: Path) -> None:
    data = plan(step("a"), escalation=[{"level": "L1", "role": "On call", "contact": "pager"}])
    with Journal.create(tmp_path / "journal.db", declaration(data), actor=ADA) as journal:
        journal.append(e.ContactPaged(level="L1"), e.ContactAcknowledged(level="L1", who="Cem"))
        journal.append(e.ContactPaged(level="L1", how="again"))
    assert [(call.who, call.verdict) for call in build(tmp_path / "journal.db").calls] == [
        ("Cem", "answered"),
        ("", "no answer"),
    ]


def test_a_signature_names_what_it_saw_and_what_was_written_since(report: Report) -> None:
    commander, owner, auditor = report.signatures
    assert commander.events_seen == owner.events_seen == report.verification.events - 4
    assert (commander.events_since, commander.since) == (1, {"report.field": 1})
    assert owner.since == commander.since
    assert (auditor.events_seen, auditor.events_since) == (None, None)
    assert "written since: 1 report field" in render(report, "md")
    assert "NO SUCH HEAD" in render(report, "md") and "NO SUCH HEAD" in render(report, "html")
    roles = {responder.name: responder.roles for responder in report.responders}
    assert roles[ADA] == ["declared the incident", "closed it"]
    assert roles[BEN][:2] == ["signed as incident commander", "signed as system owner"]


def test_nothing_but_signatures_since_is_no_growth(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "journal.db", declaration(plan(step("a"))), actor=ADA) as journal:
        with Reader(tmp_path / "journal.db") as reader:
            _, seen = reader.head()
        journal.append(e.SignedOff(role="commander", head=seen))
        journal.append(e.SignedOff(role="owner", head=seen))
    found = build(tmp_path / "journal.db")
    assert [(s.events_seen, s.events_since) for s in found.signatures] == [(1, 0), (1, 0)]
    assert "nothing but signatures was written since" in render(found, "md")


def test_validation_tells_a_measurement_from_a_word(report: Report) -> None:
    found = {result.step.id: result for result in report.validation}
    assert (found["postgres-verify"].measured, found["postgres-verify"].state) == (True, "done")
    assert "RTO of Critical Services" in found["postgres-verify"].proves
    assert (found["test-api"].measured, found["test-api"].state) == (False, "marked done")
    assert (found["smoke-tests"].state, found["smoke-tests"].measured) == ("not done", False)
    markdown = render(report, "md")
    assert "**Passed, measured**: 3.2.8 " in markdown and "**Passed, on a person's word**" in markdown


def test_an_exercise_has_its_after_action_part(report: Report) -> None:
    exercise = report.exercise
    assert exercise is not None
    assert [(o.title, o.rating) for o in exercise.objectives] == [("Bring the data back", "P"), ("Tell everybody", "M")]
    press, disk = exercise.injects
    assert (press.planned, press.given_s) == ("5 min after the start", 55 * 60)
    assert (disk.given_at, disk.planned.startswith("1 min after: ")) == (None, True)
    assert exercise.participants == [ADA, BEN]
    for name in ("md", "html"):
        text = render(report, name)
        assert "M, performed with major challenges" in text and "Half an hour to find the stanza." in text
    assert json.loads(render(report, "json"))["exercise"]["objectives"][1]["rating"] == "M"


def test_programs_are_no_participants_whatever_their_names(tmp_path: Path) -> None:
    first = declaration(plan(step("a", action="x.y")), kind=Kind.TABLETOP)
    with Journal.create(tmp_path / "journal.db", first, actor=ADA, clock=SetClock().clock()) as journal:
        journal.append(
            e.ExerciseBegan(exercise=EXERCISE), e.InjectGiven(inject="press", text="?"), actor="facilitator@vm"
        )
        journal.append(e.RunnerStarted(pid=7, started=1), actor="runner@vm")
        journal.append(e.HealthChanged(system="db", status="up", was="down"), actor="runner@vm")
        journal.append(e.NoteAdded(text="My account is called so."), actor="runner@ci")
        journal.append(e.RunRequested(step="a", action="x.y"), actor=BEN)
    report = build(tmp_path / "journal.db")
    assert report.exercise is not None
    assert report.exercise.participants == [ADA, "runner@ci", BEN]
    assert report.exercise.programs == ["facilitator@vm", "runner@vm"]
    assert [responder.name for responder in report.responders] == [ADA, "runner@ci", BEN]
    assert [program.name for program in report.programs] == ["facilitator@vm", "runner@vm"]
    for name in ("md", "html"):
        assert "runner@vm" not in render(report, name)
        assert "runner@vm" in render(report, name, full=True)


def test_what_is_no_exercise_has_no_after_action_part(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "journal.db", declaration(plan(step("a")), kind=Kind.REAL), actor=ADA):
        pass
    found = build(tmp_path / "journal.db")
    assert found.exercise is None and {p.what for p in found.open_points} >= {"not written", "not signed"}
    text = render(found, "md")
    assert "Exercise" not in text and "**No action item** is recorded" in text


def test_a_zone_is_said_beside_utc_and_only_in_words(journal: Path) -> None:
    report = build(journal, zone="Asia/Kolkata")
    for name in ("md", "html"):
        text = render(report, name, full=True)
        assert "2026-03-01 03:00:00 UTC / 08:30:00 IST" in text
        assert "Time (UTC / Asia/Kolkata)" in text
        assert "2026-03-01 02:52:00 / 08:22:00 IST" in text
    assert json.loads(render(report, "json"))["as_of"] == "2026-03-01T05:09:00Z"


def test_another_day_in_the_zone_is_said(tmp_path: Path) -> None:
    now = SetClock(DECLARED)
    with Journal.create(tmp_path / "journal.db", declaration(plan(step("a"))), actor=ADA, clock=now.clock()):
        pass
    text = render(build(tmp_path / "journal.db", zone="America/New_York"), "md")
    assert "2026-03-01 03:00:00 UTC / 2026-02-28 22:00:00 EST" in text


def test_a_witness_is_believed(journal: Path) -> None:
    with Reader(journal) as reader:
        _, head = reader.head()
    report = build(journal, head=head[:8])
    assert report.verification.ok and report.verification.witness == head[:8]
    assert "A head was given as witness" in render(report, "html")
    other = build(journal, head="0" * 64)
    assert not other.verification.ok and "CHAIN BROKEN" in render(other, "md")
