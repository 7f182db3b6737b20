"""Line mode against a real runner: the same gates, the same interlock, nothing lost from sight."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actions.action import action
from actions.context import ActionContext, Progress
from actions.outcome import ActionFailed, GateClosed, Outcome
from cleo_console.plain.conversation import Conversation
from cleo_console.plain.follow import ask_for
from cleo_console.plain.line_terminal import LineTerminal
from cleo_console.plain.plain_session import PlainSession
from cleo_console.plain.runs import run_step
from journal.events import types as e
from journal.events.measured import Measured
from journal.events.run import KnownSystem
from journal.incident.fold import fold_events
from journal.incident.records import RunState, StepState
from journal.incident.taken import at_work
from journal.presence import Presence, Present, who_is_here
from journal.store.journal import Reader
from tests.actions.worlds import Person, declared, places_in, running, world
from tests.cleo_console.conversation import Said, WorldServices, talk
from tests.closing import close_anyway
from tests.locks import held_by_another
from tests.screens.app_services import INCIDENT, FakeServices, PlayedRunner, SetClock, declaration
from tests.waiting import until

go = threading.Event()


@action("thing.work")
def work(ctx: ActionContext) -> Outcome:
    """Print a lot, among it what a terminal would act on."""
    for number in range(500):
        ctx.log(f"line {number}")
    ctx.log("\x1b[31mred\x07 alert")
    return Outcome(ok=True, summary="worked")


@action("thing.other")
def wait_for_go(ctx: ActionContext) -> Outcome:
    """Go on until the test says so, or cancel."""
    ctx.progress(Progress(fraction=0.4, eta_s=60, text="copying"))
    while not go.wait(0.01):
        ctx.check_cancelled()
    return Outcome(ok=True, summary="went")


@action(
    "thing.replace",
    destructive=True,
    gates=("recovery-point",),
    params={"room": "gigabytes that must be free"},
    target=lambda c: [e.Identity(name="path", value="/data", known="reported")],
)
def replace(ctx: ActionContext, *, room: float = 1.0, keep: bool = False) -> Outcome:
    """Replace the thing."""
    if not ctx.dry_run and not ctx.overridden("space"):
        raise GateClosed("space", "There is no room to keep the old one aside.", yields="reason and target")
    ctx.effect("replace /data")
    return Outcome(ok=True, summary="replaced")


@action("thing.verify", probe="thing.look")
def verify(ctx: ActionContext) -> Outcome:
    """Verify."""
    raise ActionFailed("It is broken.", "Mend it.", left_behind="in two pieces")


@action("thing.look")
def look(ctx: ActionContext) -> Outcome:
    """Look what is left."""
    return Outcome(ok=True, summary="both pieces are there")


@action("thing.log")
def log(ctx: ActionContext) -> Outcome:
    """Print the end of a log."""
    ctx.log("PANIC: no valid checkpoint")
    return Outcome(ok=True, summary="1 line shown")


ACTIONS = (work, wait_for_go, replace, verify, look, log)


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    go.clear()
    paths = places_in(tmp_path)
    person = Person(declared(paths))
    with running(person.place, world(paths, *ACTIONS)):
        yield person
        go.set()
        person.until(lambda i: all(run.state.over for run in i.runs.values()))


@pytest.fixture
def host(person: Person) -> WorldServices:
    paths = places_in(person.place.folder.parent.parent)
    return WorldServices(paths, world(paths, *ACTIONS).catalogue)


def test_the_checklist_is_walked_step_by_step(person: Person, host: WorldServices) -> None:
    said = talk(
        host,
        ("1.1.1 >", ""),
        ("To when?", "1"),
        ("Why?", "the disk died"),
        ("[ ] page", ""),
        ("1 to 9: tick what is so.", "1"),
        ("Ticked: page", "2"),
        ("1.1.3 >", ""),
        ("thing.work done: worked", "q"),
    )
    incident = person.incident()
    assert incident.decisions["recovery_point"].reason == "the disk died"
    assert [incident.state(step) for step in ("point", "tell", "work")] == ["done", "marked done", "done"]
    assert "NEXT: run: 1.1.4 Other work" in said
    assert "The runner goes on." in said


def test_every_letter_does_what_help_says(person: Person, host: WorldServices) -> None:
    said = talk(
        host,
        (">", "work"),
        ("1.1.3 >", "d"),
        ("Dry run (changes nothing) done", "a"),
        ("thing.work done", "1.1.3"),
        ("1.1.3 >", "o"),
        ("line 499", "u"),
        ("Why is it opened again?", "once more"),
        ("1.1.3 >", "h"),
        ("Thing: not measured", "l"),
        ("1.1.8 Fly", "w"),
        ("Step 1.1.3 Work: ready", "g"),
        ("1.1.1 >", "j"),
        ("jump does not apply here now", "?"),
        ("x or close: close the incident", "q"),
    )
    assert person.incident().state("work") is StepState.READY
    assert "Others: d: dry run, s: skip, m: mark done" in said


def test_a_step_is_taken_and_what_somebody_else_took_is_said(person: Person, host: WorldServices) -> None:
    person.desk.take("point")
    said = talk(
        host,
        ("NEXT: decide: 1.1.1 Choose a recovery point, taken by tester", "i"),
        ("1.1.1 Choose a recovery point: Taken over from tester@here.", "w"),
        ("Taken by: ana@bastion", "i"),
        ("1.1.1 Choose a recovery point: Given back.", "q"),
    )
    assert "i: take" not in said.split("Answers:")[1].splitlines()[0]
    assert [*at_work(person.incident())] == []


def test_parameters_are_asked_for_and_the_dry_run_and_the_interlock_have_them(
    person: Person, host: WorldServices
) -> None:
    person.desk.decide("point", "latest")
    said = talk(
        host,
        (">", "break"),
        ("p: run with", "p"),
        ("room: number: gigabytes that must be free", "much"),
        ("room is a number, not 'much'.", "2.5"),
        ("keep: yes or no", ""),
        ("Dry run, changes nothing: thing.replace --room 2.5", "/data"),
        ("Why must it yield?", "disk comes at noon"),
        ("Type the target, /data", "/data"),
        ("thing.replace done: replaced", "q"),
    )
    runs = [run for run in person.incident().runs.values() if run.step == "break"]
    assert [run.params for run in runs] == [{"room": 2.5}] * 3
    assert said.count("gigabytes that must be free") == 1


def test_what_a_handover_and_a_systems_log_say_is_one_letter_away(person: Person, host: WorldServices) -> None:
    said = talk(
        host,
        (">", "H"),
        ("People: ", "handover"),
        ("People: ", "h"),
        ("Thing: not measured", "L"),
        ("The end of the log of thing:", ""),
    )
    assert "Next: decide: 1.1.1 Choose a recovery point" in said
    assert "  PANIC: no valid checkpoint" in said
    assert [run.action for run in person.incident().runs.values()] == ["thing.log"]


def test_what_somebody_is_can_be_said_and_is_told(person: Person, host: WorldServices) -> None:
    person.desk.take_role("lead")
    said = talk(
        host,
        (">", "b"),
        ("1. Lead: decides, and is asked. Now: tester.", "1"),
        ("ana@bastion: Is lead from now on, taken over from tester@here.", "role"),
        ("1 to 3", "1"),
        ("NOT DONE: You are lead already.", "q"),
    )
    assert "Now: you." in said
    assert person.incident().team.holder("lead") == "ana@bastion"


def test_who_else_is_here_is_said_and_so_is_this_one(person: Person, host: WorldServices) -> None:
    folder = person.place.folder
    ben = Presence(folder, Present("ben@ops2", "console", datetime.now(UTC)), lambda: None, lambda here: None)
    ben.arrive()
    until(lambda: who_is_here(folder))
    said = talk(host, (">", "n"), ("Note", "hello"), ("When", ""), (">", "w"), ("also here: ben", "H"), ("Here:", "q"))
    ben.leave()
    assert "ana@bastion (line mode), seen " in said
    assert who_is_here(folder) == []


def test_output_is_inert_and_no_flood(person: Person, host: WorldServices) -> None:
    said = talk(host, (">", "work"), ("1.1.3 >", ""), ("thing.work done: worked", "q"))
    assert "red alert" in said
    assert "\x1b" not in said
    assert "\x07" not in said
    assert "lines left out" in said
    assert said.count("  line ") < 200


def test_the_interlock_wants_the_targets_identity(person: Person, host: WorldServices) -> None:
    person.desk.decide("point", "latest")
    said = talk(host, (">", "break"), ("1.1.5 >", ""), ("type /data", "/date"), ("1.1.5 >", "q"))
    assert "would replace /data" in said
    assert "That is not the target. Nothing was done." in said
    assert all(run.dry_run for run in person.incident().runs.values())


def test_nobody_types_the_target_for_what_would_be_refused_and_a_skipped_decision_can_be_made(
    person: Person, host: WorldServices
) -> None:
    person.desk.skip("point", "nobody knows yet")
    shut = "CLOSED recovery-point: No recovery point is chosen yet."
    said = talk(host, (">", "break"), ("1.1.5 >", ""), ("what is CLOSED above. Nothing was done.", "q"))
    assert said.index(shut) < said.index("It would be refused"), "it is known before the dry run is over"
    assert "opened by 1.1.1 Choose a recovery point (skipped); never yields" in said
    talk(host, (">", "point"), ("1.1.1 >", ""), ("To when?", "1"), ("Why?", "now we know"), (">", "q"))
    assert person.incident().decisions["recovery_point"].answer == "latest"
    assert shut not in talk(host, (">", "break"), ("1.1.5 >", ""), ("type /data", ""), (">", "q"))


def test_a_gate_yields_to_a_reason_and_the_target_and_else_not(person: Person, host: WorldServices) -> None:
    person.desk.decide("point", "latest")
    first = ((">", "break"), ("1.1.5 >", ""), ("type /data", "/data"))
    said = talk(host, *first, ("Why must it yield?", ""), ("Nothing was done.", "q"))
    assert "UTC by gate space: There is no room" in said
    assert not person.incident().deviations
    wrong = (("Why must it yield?", "disk comes at noon"), ("Type the target, /data", "/date"))
    talk(host, ("FAILED: 1.1.5", "break"), ("1.1.5 >", "v"), *wrong, ("That is not the target.", "q"))
    assert not person.incident().deviations
    again = (("FAILED: 1.1.5", "break"), ("1.1.5 >", "v"), ("Why must it yield?", "disk comes at noon"))
    talk(host, *again, ("Type the target, /data", "/data"), ("thing.replace done: replaced", "q"))
    incident = person.incident()
    assert incident.state("break") is StepState.DONE
    assert [(d.what, d.reason) for d in incident.deviations] == [("gate space overridden", "disk comes at noon")]


def test_what_waits_for_others_can_be_overridden(person: Person, host: WorldServices) -> None:
    said = talk(
        host, (">", "verify"), ("v: override", "v"), ("Why must it yield?", "done elsewhere"), ("two pieces", "q")
    )
    assert "UTC by gate order" in said
    assert person.incident().state("verify") is StepState.FAILED


def test_what_failed_or_is_in_doubt_stands_before_every_question(person: Person, host: WorldServices) -> None:
    doubtful(person)
    said = talk(
        host,
        ("IN DOUBT: 1.1.6 Verify", "note"),
        ("Note to", "still looking"),
        ("When did it happen?", ""),
        ("1.1.6 >", ""),
        ("What was it?", "look"),
        ("both pieces are there", "failed"),
        ("What tells you?", "two pieces"),
        ("FAILED: 1.1.6 Verify", "point"),
        ("1.1.1 >", ""),
        ("To when?", "."),
        ("1.1.1 >", "q"),
    )
    lines = said.splitlines()
    for at, line in enumerate(lines):
        if line.startswith(("1.1.6 >", "Note to", "1.1.1 >", "What tells you?")):
            assert any(word in "\n".join(lines[max(0, at - 12) : at]) for word in ("IN DOUBT:", "FAILED:")), line
    run = next(run for run in person.incident().runs.values() if run.in_doubt)
    assert run.verdict == "failed"


def test_one_look_asks_for_the_programs_and_then_for_what_they_left(person: Person, host: WorldServices) -> None:
    run = doubtful(person)
    spool = str(person.place.folder / "none")
    person.journal.append(e.ProgramStarted(step="verify", run=run, key="k", argv=["sh"], spool=spool, host="here"))
    said = talk(
        host,
        ("IN DOUBT: 1.1.6 Verify", "1.1.6"),
        ("1.1.6 >", ""),
        ("First look at what became of its programs", "look"),
        ("both pieces are there", "."),
        ("1.1.6 >", ""),
        ("What was it?", ""),
        ("Choose one:", "failed"),
        ("What tells you?", "."),
        ("1.1.6 >", "q"),
    )
    assert said.index("sh was not started") < said.index("both pieces are there")
    assert not person.incident().runs[run].verdict


def test_silence_is_told_while_a_run_is_followed(
    person: Person, host: WorldServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cleo_console.plain.follow.SILENT_AFTER_S", 1.0)
    monkeypatch.setattr("screens.guidance.progress.SILENT_AFTER_S", 1.0)
    threading.Timer(3, go.set).start()
    said = talk(host, (">", "other"), ("1.1.4 >", ""), ("thing.other done: went", "q"))
    assert said.count("no output for 1 s") == 1


def doubtful(person: Person) -> int:
    (asked,) = person.journal.append(e.RunRequested(step="verify", action="thing.verify", probe_of=0))
    run = person.over(asked.seq)
    assert run.state is RunState.REFUSED  # the order gate: the runner has no part in what follows
    (asked,) = person.journal.append(
        e.RunRequested(step="verify", action="thing.verify", overrides=[e.Override(gate="order", reason="r")])
    )
    assert person.over(asked.seq).state is RunState.FAILED
    person.journal.append(e.ActionInDoubt(step="verify", run=asked.seq, why="its runner is gone"), actor="runner@here")
    return asked.seq


@pytest.mark.parametrize("at_once", [False, True], ids=["known", "at once"])
def test_what_somebody_else_has_begun_is_followed_and_not_refused(
    person: Person, host: WorldServices, at_once: bool
) -> None:
    run = person.desk.request_run("other")
    incident = person.until(lambda i: i.runs[run].state is RunState.RUNNING)
    again = e.RunRequested(step="other", action="thing.other", system=incident.runs[run].system)
    reading, writing = os.pipe()
    said, session = Said(), PlainSession(host, incident.id)
    try:
        with LineTerminal(reading, said, 100) as terminal:
            conversation = Conversation(terminal, session)
            if at_once:  # written before either saw the other's: the runner refuses the second
                asked = person.journal.append(again)[0].seq
                person.until(lambda i: i.runs[asked].refusal)
                threading.Timer(0.3, go.set).start()
                ask_for(conversation, lambda commands: asked)
            else:
                threading.Timer(0.3, go.set).start()
                run_step(conversation, incident.plan.by_id["other"])
    finally:
        session.close()
        os.close(reading)
        os.close(writing)
    assert "Other work runs already" in said.getvalue()
    assert "started by tester at" in said.getvalue()
    assert "thing.other done: went" in said.getvalue()
    assert "REFUSED" not in said.getvalue()
    assert len(person.incident().runs) == 1 + at_once


def test_changes_are_said_once_and_progress_at_intervals(person: Person, host: WorldServices) -> None:
    run = person.desk.request_run("other")
    person.until(lambda i: i.runs[run].state is RunState.RUNNING)

    def others() -> None:
        person.journal.append(e.HealthChanged(system="thing", status="up", was="down"), actor="runner@here")

    threading.Timer(1.0, others).start()
    said = talk(host, ("Thing: down → up", "other"), ("1.1.4 >", "cancel"), ("Why?", "wrong one"), ("ancelled", "q"))
    assert "RUNNING: 1.1.4 Other work: 40%, 1 min to go, copying" in said
    assert said.count("thing.other: 40%") == 1
    assert said.count("down → up") == 1
    assert person.over(run).state is RunState.CANCELLED


def test_ctrl_c_goes_back_to_the_prompt_and_the_run_goes_on(person: Person, host: WorldServices) -> None:
    def ctrl_c() -> None:
        until(lambda: any(run.state is RunState.RUNNING for run in person.incident().runs.values()))
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=ctrl_c).start()
    said = talk(host, (">", "other"), ("1.1.4 >", ""), ("Back at the prompt. The run goes on.", "q"))
    assert "The runner goes on with 1 run under way" in said
    assert [run.state for run in person.incident().runs.values()] == [RunState.RUNNING]


def test_late_entries_carry_the_time_on_paper(person: Person, host: WorldServices) -> None:
    began = person.incident().began_at
    at = f"{began + timedelta(microseconds=1):%Y-%m-%dT%H:%M:%S.%fZ}"
    talk(
        host,
        (">", "shell"),
        ("1.1.7 >", f"m {at}"),
        ("Is that the time?", "y"),
        ("What did you do?", "by hand"),
        (">", "q"),
    )
    talk(
        host,
        (">", "tell"),
        ("1.1.2 >", "s 2001-01-01T00:00Z"),
        ("Is that the time?", "y"),
        ("Why", "r"),
        ("NOT DONE", "q"),
    )
    incident = person.incident()
    assert incident.steps["shell"].at == began + timedelta(microseconds=1)
    assert incident.state("tell") is StepState.READY


def test_the_incident_is_closed_with_a_sentence(person: Person, host: WorldServices) -> None:
    ending = (
        ("How did it end", "we stop here"),
        ("type: 8 open", "8 open"),
        ("CLOSED", ""),
        ("n: add a late note", "q"),
    )
    said = talk(host, (">", "x"), *ending)
    assert "NOT IN ORDER (8)" in said
    assert "open: 1.1.3 Work" in said
    assert person.incident().closing_words == "we stop here"
    assert not person.incident().closing_words_derived


def test_the_incident_is_closed_with_what_the_journal_says(person: Person, host: WorldServices) -> None:
    said = talk(host, (">", "x"), ("How did it end", ""), ("type: 8 open", "8 open"), ("CLOSED", ""), (">", "q"))
    incident = person.incident()
    assert incident.closing_words and incident.closing_words in said
    assert incident.closing_words_derived


def test_the_incident_is_not_closed_by_a_wrong_number_and_goes_on_when_reopened(
    person: Person, host: WorldServices
) -> None:
    said = talk(host, (">", "x"), ("How did it end", "we stop here"), ("type: 8 open", "7 open"), (">", "q"))
    assert "NOT DONE" in said and "'7 open' was typed" in said
    assert person.incident().closed_at is None
    close_anyway(person.desk, person.incident, "we stop here")
    talk(host, (">", "x"), ("Why does it go on", "it fell over"), (">", "q"))
    assert person.incident().closed_at is None


@pytest.fixture
def alone(tmp_path: Path) -> FakeServices:
    host = FakeServices(tmp_path, SetClock())
    host.declare(declaration())
    host.alive = False
    return host


def test_a_runner_that_is_missing_or_cannot_write_is_said_until_it_is_not(alone: FakeServices) -> None:
    alone.runner_trouble = "the disk is full"
    before = alone.runner_starts
    said = talk(alone, ("NO RUNNER: r starts it. Nothing is run or measured.", "r"), ("A runner is at work.", "q"))
    assert alone.runner_starts > before + 1
    assert said.count("THE JOURNAL CANNOT BE WRITTEN: the disk is full") == 2  # once in each header
    assert "stays as it is.\nCome back" in said


def test_each_thing_is_said_once_and_again_when_it_changed_or_is_asked_for(alone: FakeServices) -> None:
    alone.alive = True
    with alone.open(INCIDENT) as journal:
        PlayedRunner(journal).health("postgres", "down", "connection refused")
        said = talk(
            alone, ("1.1.1 >", "+"), ("1.1.2 >", "+"), ("1.1.3 >", "1"), ("Ticked: Support told", "w"), (">", "q")
        )
    health = "PostgreSQL: DOWN (connection refused)"
    assert health in said.partition("1.1.1 >")[0]
    assert [said.count(once) for once in (health, "conversations unreachable", "since it began")] == [2, 2, 2]
    assert said.count("[x] Support told") == 1  # the step in full, asked for


def test_an_item_that_stands_for_a_call_is_one_with_the_call(alone: FakeServices, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    text = (Path(__file__).parents[1] / "screens" / "plan.yaml").read_text()
    plan.write_text(text.replace("items: [Support told,", "calls: [L1]\n            items: [On-call answered,"))
    alone.load(plan)
    alone.begin("INC-2", declaration()).close()
    talk(
        alone,
        ("1.1.1 >", "notify"),
        ("1.1.3 >", "1 by phone"),
        ("Called: L1", "1"),
        ("Answered: L1", "u"),
        ("Taken back: what was noted last of L1", "1 eve"),
        ("Answered: L1", "1"),
        ("L1 has answered already", "q"),
        incident_id="INC-2",
    )
    with Reader(alone.paths.incident("INC-2").journal) as reader:
        incident = fold_events(reader.events())
    assert incident.steps["notify"].items == {"On-call answered"}
    assert (incident.review.calls["L1"].how, incident.review.calls["L1"].who) == ("by phone", "eve")


def test_what_nobody_runs_is_asked_for_and_the_prompt_comes_back(alone: FakeServices) -> None:
    said = talk(alone, (">", "check"), (">", ""), ("REQUESTED: 1.1.1 Check system status", "q"))
    assert "NO RUNNER" in said


def test_a_recovery_point_is_asked_for_with_what_the_damage_report_found(person: Person, host: WorldServices) -> None:
    begun = person.until(lambda i: i.runner).seq + 1
    person.journal.append(
        e.RunRequested(action="damage.report"),
        e.ActionStarted(run=begun, action="damage.report"),
        e.ActionFinished(run=begun, status="succeeded", summary="Damage since 02:49 UTC."),
    )
    said = talk(host, ("1.1.1 >", ""), ("To when?", "."), ("1.1.1 >", "q"))
    assert "The damage report says: Damage since 02:49 UTC." in said


def test_enter_takes_the_recovery_point_that_the_question_begins_with(person: Person, host: WorldServices) -> None:
    point = "time:2026-03-01T02:50:00+00:00"
    person.journal.append(
        e.DecisionMade(step="point", name="recovery_point", answer=point),
        e.StepReopened(step="point", reason="was it right?"),
    )
    asked = (("enter takes 2", ""), ("enter is 2026-03-01T02:50:00+00:00", ""), ("Is that the time?", "y"))
    talk(host, (">", "point"), ("1.1.1 >", ""), *asked, ("Why?", "it was"), (">", "q"))
    decided = person.incident().decisions["recovery_point"]
    assert (decided.answer, decided.reason, decided.changes) == (point, "it was", 1)


def test_what_somebody_decided_meanwhile_is_not_decided_over(person: Person, host: WorldServices) -> None:
    def meanwhile() -> str:
        person.desk.decide("point", "time:2026-03-01T02:50:00+00:00", "it began at 02:51")
        return "usual"

    said = talk(host, (">", "point"), ("1.1.1 >", ""), ("To when?", "1"), ("Why?", meanwhile), (">", "q"))
    assert "has decided that meanwhile: just before 2026-03-01 02:50:00" in " ".join(said.split())
    assert person.incident().decisions["recovery_point"].answer == "time:2026-03-01T02:50:00+00:00"


def test_what_a_recovery_point_gives_up_is_said_before_it_is_decided(person: Person, host: WorldServices) -> None:
    last = Measured(newest_commit_at=datetime(2026, 3, 1, 2, 55, 12, tzinfo=UTC))
    person.journal.append(e.HealthChanged(system="thing", status="down", was="up", last=last))
    time = (("To when?", "time"), ("Before which time?", "2026-03-01T02:50:00Z"), ("Is that the time?", "y"))
    wanted = "It gives up: Thing: at least 5 min 12 s of commits: the newest is of 2026-03-01 02:55:12 UTC"
    talk(host, ("1.1.1 >", ""), *time, (wanted, "."), ("1.1.1 >", "q"))
    assert "recovery_point" not in person.incident().decisions


def test_a_position_is_of_its_system_and_what_is_none_is_asked_for_again(person: Person, host: WorldServices) -> None:
    known = KnownSystem(name="thing", type="postgres", plays="thing", acts=["postgres"])
    person.journal.append(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=[known]))
    newest = (("To when?", "backup"), ("Which, as 20261122-020003F", "newest"))
    mixed = (("'newest' is no backup of thing", "mixed"), ("Which, as", "2026-03-01T02:50:00Z lsn:0/3000060"))
    wanted = "In words: just before 2026-03-01 02:50:00 UTC, lsn 0/3000060 of Thing."
    talk(host, ("1.1.1 >", ""), *newest, *mixed, (wanted, "the damage"), ("1.1.2 >", "q"))
    decided = person.incident().decisions["recovery_point"].answer
    assert decided == "time:2026-03-01T02:50:00+00:00 thing lsn:0/3000060"


def test_who_keeps_the_journal_from_taking_a_word_is_said_until_it_is_written(tmp_path: Path) -> None:
    paths, said = places_in(tmp_path), []
    person = Person(declared(paths))
    lock = person.place.journal.with_name(f"{person.place.journal.name}.lock")
    with ExitStack() as held:

        def hear(text: str) -> None:
            said.append(text)
            held.close()

        sight = PlainSession(WorldServices(paths, {}), person.incident().id, hear)
        pid = held.enter_context(held_by_another(lock))
        sight.write(lambda desk: desk.note("they are told"))
        sight.close()
    assert len(said) == 1
    assert said[0].startswith("Waiting for the journal, held by ")
    assert f"process {pid}" in said[0]
    assert person.incident().notes == 1
