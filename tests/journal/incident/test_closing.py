"""Closing an incident: what is not in order is listed, kept, and must be counted by who closes over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.commands.incident import IncidentCommands, NotNow, StillOpen
from journal.events import types as e
from journal.incident.closing import phrase, remaining
from journal.incident.fold import fold_journal
from journal.incident.looks import to_look_at
from journal.incident.state import Incident
from journal.plan.action_spec import ActionSpec
from journal.store.journal import Journal
from tests.journal.stories import Story, declaration, plan, step

TARGET = [e.Identity(name="confirm", value="db@here", known="reported")]
HOLD = {"undone_by": "db.release", "target": TARGET}
STEPS = (
    step("hold", action="db.hold"),
    step("restore", action="db.restore", verified_by="verify", system="db"),
    step("verify", action="db.verify", system="db"),
    step("release", action="db.release"),
)


@pytest.fixture
def told() -> Story:
    return Story(plan(*STEPS))


def run(told: Story, step_id: str, action: str, status: str = "succeeded", **started: object) -> int:
    run_id = told.tell(e.RunRequested(step=step_id, action=action))
    told.tell(e.ActionStarted(step=step_id, run=run_id, action=action, **started))  # type: ignore[arg-type]
    return told.tell(e.ActionFinished(step=step_id, run=run_id, status=status, summary="told"))  # type: ignore[arg-type]


def lines(incident: Incident) -> list[str]:
    return [str(one) for one in remaining(incident)]


def test_nothing_is_left_where_all_is_done(told: Story) -> None:
    run(told, "hold", "db.hold", **HOLD)
    run(told, "restore", "db.restore")
    run(told, "verify", "db.verify")
    run(told, "release", "db.release", target=TARGET)
    assert (remaining(told.incident), phrase(remaining(told.incident))) == ([], "")


@pytest.mark.parametrize(
    ("step_id", "bodies", "line"),
    [
        ("verify", [e.StepSkipped(step="verify", reason="late")], "skipped: 1.1.3 Verify"),
        ("verify", [e.StepMarkedDone(step="verify", note="by eye")], "claimed by hand: 1.1.3 Verify"),
        ("verify", [], "open: 1.1.3 Verify"),
    ],
)
def test_a_step_that_was_not_done_is_named_by_how_it_was_left(
    told: Story, step_id: str, bodies: list[e.Body], line: str
) -> None:
    run(told, "restore", "db.restore")
    told.tell(*bodies)
    assert line in lines(told.incident)
    assert any(one.startswith("not verified: 1.1.2; 1.1.3 Verify is ") for one in lines(told.incident))


def test_a_failure_stays_one_when_it_is_skipped(told: Story) -> None:
    run(told, "verify", "db.verify", "failed")
    assert "failed: 1.1.3 Verify" in lines(told.incident)
    told.tell(e.StepSkipped(step="verify", reason="the attacker is gone, surely"))
    assert "skipped after it failed: 1.1.3 Verify" in lines(told.incident)


@pytest.mark.parametrize(("status", "word"), [("succeeded", "still in force"), ("failed", "still in force, perhaps")])
def test_a_hold_is_in_force_until_what_takes_it_back_succeeds_on_the_same_target(
    told: Story, status: str, word: str
) -> None:
    run(told, "hold", "db.hold", status, **HOLD)
    held = f"{word}: 1.1.1 Hold on db@here, since 03:00 UTC; db.release takes it back; not measured"
    assert held in lines(told.incident)
    run(told, "release", "db.release", "failed", target=TARGET)
    run(told, "release", "db.release", target=[e.Identity(name="confirm", value="other@there", known="reported")])
    told.tell(e.StepMarkedDone(step="release", note="I removed the file"))
    assert held in lines(told.incident)
    run(told, "release", "db.release", target=TARGET)
    assert not any("in force" in line for line in lines(told.incident))


@pytest.mark.parametrize(
    ("end", "seen"),
    [
        (None, "not measured yet"),
        ({"status": "succeeded", "summary": "It is held."}, "seen at 03:00:06 UTC: It is held."),
        ({"status": "failed", "summary": "db1 does not answer."}, "not measured: db1 does not answer."),
    ],
)
def test_what_the_system_showed_of_a_hold_is_said_beside_it(told: Story, end: dict[str, str] | None, seen: str) -> None:
    run(told, "hold", "db.hold", **HOLD)
    (held,) = told.incident.runs
    look = told.tell(e.RunRequested(step="hold", action="db.held", probe_of=held))
    told.tell(e.ActionStarted(step="hold", run=look, action="db.held", probe_of=held, target=TARGET))
    if end:
        told.tell(e.ActionFinished(step="hold", run=look, **end))  # type: ignore[arg-type]
    assert any(line.endswith(f"db.release takes it back; {seen}") for line in lines(told.incident))


def test_a_hold_in_doubt_may_be_in_force_and_one_that_a_gate_stopped_is_not(told: Story) -> None:
    doubtful = told.tell(e.RunRequested(step="hold", action="db.hold"))
    told.tell(e.ActionStarted(step="hold", run=doubtful, action="db.hold", undone_by="db.release", target=TARGET))
    told.tell(e.ActionInDoubt(step="hold", run=doubtful, why="the runner died"))
    assert lines(told.incident)[0].startswith("still in force, perhaps: 1.1.1 Hold")
    stopped = Story(plan(*STEPS))
    run_id = stopped.tell(e.RunRequested(step="hold", action="db.hold"))
    stopped.tell(e.ActionStarted(step="hold", run=run_id, action="db.hold", undone_by="db.release", target=TARGET))
    stopped.tell(
        e.ActionFinished(
            step="hold", run=run_id, status="failed", summary="no", facts={"gate": "space", "yields": "reason"}
        )
    )
    assert not stopped.incident.in_force


def test_a_hold_that_failed_at_first_and_was_then_taken_is_surely_in_force(told: Story) -> None:
    run(told, "hold", "db.hold", "failed", **HOLD)
    run(told, "hold", "db.hold", **HOLD)
    run(told, "hold", "db.hold", "failed", **HOLD)
    assert "still in force: 1.1.1 Hold on db@here, since 03:00 UTC; db.release takes it back; not measured" in lines(
        told.incident
    )


def test_what_one_action_may_have_left_and_another_surely_did_is_surely_in_force(told: Story) -> None:
    run(told, "restore", "db.restore", "failed", **HOLD)
    run(told, "hold", "db.hold", **HOLD)
    assert lines(told.incident)[0].startswith("still in force: 1.1.2 Restore on db@here")
    run(told, "release", "db.release", target=TARGET)
    assert not told.incident.in_force


def test_dry_runs_put_nothing_in_force(told: Story) -> None:
    run_id = told.tell(e.RunRequested(step="hold", action="db.hold", dry_run=True))
    told.tell(e.ActionStarted(step="hold", run=run_id, action="db.hold", dry_run=True, undone_by="db.release"))
    assert not told.incident.in_force


def test_a_system_that_was_not_well_and_a_program_nobody_saw_the_end_of_are_named(told: Story) -> None:
    told.tell(e.HealthChanged(system="db", status="down", was="up"))
    run_id = told.tell(e.RunRequested(step="restore", action="db.restore"))
    told.tell(e.ActionStarted(step="restore", run=run_id, action="db.restore"))
    told.tell(e.ProgramStarted(run=run_id, step="restore", key="r", argv=["pgbackrest", "restore"], host="db1"))
    told.tell(e.ActionInDoubt(step="restore", run=run_id, why="gone"))
    told.tell(e.DoubtResolved(step="restore", run=run_id, verdict="failed", reason="looked"))
    assert "not well: The database was down when last looked at" in lines(told.incident)
    assert "may still run: pgbackrest on db1, of 1.1.2 Restore" in lines(told.incident)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.create(tmp_path / "journal.db", declaration(plan(*STEPS)), actor="ada@here") as journal:
        yield journal


def commands(journal: Journal) -> IncidentCommands:
    return IncidentCommands(journal, lambda: fold(journal))


def fold(journal: Journal) -> Incident:
    return fold_journal(journal.path)


def test_closing_wants_the_number_as_it_is_now_and_keeps_what_was_left(journal: Journal) -> None:
    with pytest.raises(StillOpen, match=r"open: 1\.1\.3 Verify"):
        commands(journal).close("enough")
    commands(journal).skip("verify", "no time")
    commands(journal).mark_done("hold", "by hand")
    shown = phrase(remaining(fold(journal)))
    journal.append(e.HealthChanged(system="db", status="down", was="up"))  # after it was shown
    with pytest.raises(StillOpen, match="'4 open' was typed"):
        commands(journal).close("enough", shown)
    commands(journal).close("enough", " 5 open ")
    assert "skipped: 1.1.3 Verify" in fold(journal).left_open
    assert fold(journal).outcome == "closed with 2 open steps"


def test_what_takes_back_what_is_in_force_can_be_asked_for_after_the_close_and_nothing_else(journal: Journal) -> None:
    run_id = journal.append(e.RunRequested(step="hold", action="db.hold"))[0].seq
    journal.append(e.ActionStarted(step="hold", run=run_id, action="db.hold", undone_by="db.release", target=TARGET))
    journal.append(e.ActionFinished(step="hold", run=run_id, status="succeeded", summary="held"))
    commands(journal).close("enough", phrase(remaining(fold(journal))))
    for refused in (
        lambda: commands(journal).request_action("db.restore", {}),
        lambda: commands(journal).request_run("restore"),
        lambda: commands(journal).skip("release", "no"),
    ):
        with pytest.raises(NotNow, match="is closed"):
            refused()
    run_id = commands(journal).request_run("release")
    journal.append(e.ActionStarted(step="release", run=run_id, action="db.release", target=TARGET))
    journal.append(e.ActionFinished(step="release", run=run_id, status="succeeded", summary="released"))
    assert not fold(journal).in_force
    with pytest.raises(NotNow, match="is closed"):
        commands(journal).request_run("release")


def test_a_closed_incident_is_reopened_with_a_reason(journal: Journal) -> None:
    with pytest.raises(NotNow, match="is not closed"):
        commands(journal).reopen_incident("why not")
    commands(journal).close("enough", phrase(remaining(fold(journal))))
    with pytest.raises(NotNow, match="wants a reason"):
        commands(journal).reopen_incident(" ")
    commands(journal).reopen_incident("it fell over again")
    incident = fold(journal)
    assert (incident.outcome, incident.left_open) == ("open", [])
    assert incident.deviations[-1].what == "incident reopened"
    commands(journal).skip("hold", "not this time")


def test_a_look_that_was_refused_measured_nothing_and_keeps_nobody_from_closing(journal: Journal) -> None:
    held = journal.append(e.RunRequested(step="hold", action="db.hold"))[0].seq
    journal.append(e.ActionStarted(step="hold", run=held, action="db.hold", **HOLD))  # type: ignore[arg-type]
    journal.append(e.ActionFinished(step="hold", run=held, status="succeeded", summary="held"))
    catalogue = {"db.release": ActionSpec(name="db.release", title="Release", probe="db.held")}
    assert to_look_at(fold(journal), catalogue) == {held: "db.held"}
    refused, under_way = (run for _ in range(2) for run in commands(journal).look_at_in_force(catalogue))
    journal.append(e.RunRefused(step="hold", run=refused, gate="kind", message="The inventory is another."))
    assert commands(journal).look_at_in_force({}) == [], "nothing can be looked at"
    assert "not measured yet" in lines(fold(journal))[0]
    journal.append(e.RunRefused(step="hold", run=under_way, gate="kind", message="The inventory is another."))
    assert lines(fold(journal))[0].endswith("; not measured: The inventory is another.")
    commands(journal).look_at_in_force(catalogue)
    commands(journal).close("over", leaving=phrase(remaining(fold(journal))))
    assert fold(journal).closed_at


def test_what_a_look_saw_down_is_in_order_once_it_is_up() -> None:
    told = Story(plan(step("look", action="status.check", together="looks")))
    told.run("look", findings=[e.Finding(severity="warning", about="db", text="down: refused")])
    assert [one.word for one in remaining(told.incident)] == ["1 finding"]
    told.tell(e.HealthChanged(system="db", status="up", was="down"))
    assert remaining(told.incident) == []


def test_how_systems_are_that_a_drill_leaves_alone_is_no_business_of_its_close() -> None:
    drill = plan(step("restore", action="db.drill", system="db"))
    drill["scenarios"]["lost"]["untouched"] = True
    told = Story(drill)
    told.tell(e.HealthChanged(system="db", status="down", was="up"))
    assert lines(told.incident) == ["open: 1.1.1 Restore"]
    run(told, "restore", "db.drill")
    assert lines(told.incident) == []
