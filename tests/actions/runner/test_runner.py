"""The runner, hosted in-process: requests in, events out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.action import Action, action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, GateClosed, Outcome
from actions.runner import LeaseHeld, Runner
from journal.events.types import ActionStarted, Body, Event, Identity, Kind, Override, RunRequested
from journal.incident.records import RunState, StepState
from journal.store.journal import Journal, JournalUnanswered, JournalWriteFailed
from tests.actions.worlds import Person, declared, inventory, places_in, plan_with, running, world
from tests.closing import close_anyway

go = threading.Event()


@action("thing.work")
def work(ctx: ActionContext, *, size: int = 1) -> Outcome:
    """Work."""
    ctx.secret("hunter2")
    ctx.log(f"working on {size} with hunter2")
    if ctx.effect("move it"):
        ctx.log("moved")
    return Outcome(ok=True, summary="worked", facts={"size": size, "password": "hunter2"})


SPEAK = "seq 3000; echo 'the password is hunter2'; printf '10 %%\\r20 %%\\rdone'"


@action("thing.listen")
def listen(ctx: ActionContext) -> Outcome:
    """Listen to what a program prints, line by line."""
    heard: list[str] = []
    ctx.secret("hunter2")
    ctx.run("speak", "here", ["sh", "-c", SPEAK], on_line=lambda stream, line: heard.append(f"{stream} {line}"))
    return Outcome(
        ok=True,
        summary="heard",
        facts={"heard": len(heard), "clean": "hunter2" not in " ".join(heard), "last": heard[-4:]},
    )


@action("thing.other")
def wait_for_go(ctx: ActionContext) -> Outcome:
    """Wait until the test says go, or cancel."""
    while not go.wait(0.01):
        ctx.check_cancelled()
    return Outcome(ok=True, summary="went")


@action("thing.replace", destructive=True, target=lambda ctx: [Identity(name="path", value="/data", known="reported")])
def replace(ctx: ActionContext) -> Outcome:
    """Replace the thing."""
    if not ctx.overridden("space"):
        cure = Cure(words="Overwrite it.", override="space", cost="the old one")
        message = "There is no room to keep the old one aside."
        raise GateClosed("space", message, yields="reason and target", cures=[cure])
    return Outcome(ok=True, summary="replaced")


@action("thing.verify")
def verify(ctx: ActionContext) -> Outcome:
    """Verify."""
    raise ActionFailed("It is broken.", "Mend it.", left_behind="in two pieces")


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    go.clear()
    places = places_in(tmp_path)
    person = Person(declared(places))
    with running(person.place, world(places, work, wait_for_go, replace, verify)):
        yield person


def test_a_run_leaves_intent_output_and_end(person: Person) -> None:
    run = person.over(person.desk.request_run("work", params={"size": 7}))
    assert run.state is RunState.SUCCEEDED
    assert run.summary == "worked"
    assert run.facts["size"] == 7
    assert len(run.digest) == 64
    assert run.output_lines == 3
    assert person.incident().state("work") is StepState.DONE


@pytest.mark.parametrize("written", [True, False])
def test_an_intent_that_the_disk_answers_for_late_is_what_it_says(
    person: Person, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    """It was refused as "nothing was started", and then in the journal all the same: the step ran for ever."""
    append, late = Journal.append, []

    def hanging(journal: Journal, *bodies: Body, **more: Any) -> list[Event]:
        if late or not isinstance(bodies[0], ActionStarted):
            return append(journal, *bodies, **more)
        late.append(bodies[0])
        if written:
            append(journal, *bodies, **more)
        raise JournalUnanswered("The disk does not answer.", "Look at it.", settle)

    def settle() -> None:
        if not written:
            raise JournalWriteFailed("The disk reports an error.")

    monkeypatch.setattr(Journal, "append", hanging)
    run = person.over(person.desk.request_run("work"))
    assert run.state is (RunState.SUCCEEDED if written else RunState.REFUSED)
    assert person.incident().state("work") is (StepState.DONE if written else StepState.READY)


def test_a_secret_reaches_neither_output_nor_facts_nor_any_file(tmp_path: Path) -> None:
    """The files are read once nobody has the journal open: until then its text lies in the log beside it."""
    places = places_in(tmp_path)
    person = Person(declared(places))
    with running(person.place, world(places, work)):
        run = person.over(person.desk.request_run("work"))
        assert person.output(run.id)[0] == "working on 1 with •••"
        assert run.facts["password"] == "•••"
    person.journal.close()
    written = b"".join(path.read_bytes() for path in person.place.folder.rglob("*") if path.is_file())
    assert b"working on 1 with" in written and b"worked" in written, "what was written is looked at"
    assert b"hunter2" not in written


def test_an_action_hears_every_line_once_and_without_secrets(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    person = Person(declared(places, plan=plan_with({"id": "listen", "title": "Listen", "action": "thing.listen"})))
    with running(person.place, world(places, listen)):
        run = person.over(person.desk.request_run("listen"))
    last = ["the password is •••", "10 %", "20 %", "done"]
    assert run.facts == {"heard": 3_004, "clean": True, "last": [f"out {line}" for line in last]}
    assert person.output(run.id) == [*(str(n) for n in range(1, 3_001)), *last]
    assert run.output_lines == 3_004


def test_a_runner_says_which_of_the_plans_actions_it_lacks(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    person = Person(declared(places, plan=plan_with({"id": "listen", "title": "Listen", "action": "thing.listen"})))
    for registered, lacked in (((), True), ((listen,), False)):
        with running(person.place, world(places, *registered)):
            person.over(person.desk.request_run("listen"))
        assert ("thing.listen" in person.incident().lacks) is lacked


def test_a_dry_run_describes_effects_and_leaves_the_step_alone(person: Person) -> None:
    run = person.over(person.desk.request_run("work", dry_run=True))
    assert "would move it" in person.output(run.id)
    assert "moved" not in person.output(run.id)
    assert person.incident().state("work") is StepState.READY


def test_what_needs_another_step_is_refused_until_overridden(person: Person) -> None:
    run = person.over(person.desk.request_run("verify"))
    assert run.state is RunState.REFUSED
    assert (run.refusal.gate, run.refusal.yields) == ("order", "reason")
    again = person.over(
        person.desk.request_run("verify", overrides=[Override(gate="order", reason="the work was done by others")])
    )
    assert again.state is RunState.FAILED
    assert again.left_behind == "in two pieces"
    assert [d.what for d in person.incident().deviations] == ["gate order overridden"]


def test_two_steps_run_at_once_and_one_step_does_not_start_twice(person: Person) -> None:
    first = person.desk.request_run("other")
    person.until(lambda i: i.runs[first].state is RunState.RUNNING)
    with pytest.raises(Exception, match="runs already"):
        person.desk.request_run("other")
    assert person.over(person.desk.request_run("work")).state is RunState.SUCCEEDED
    assert person.incident().runs[first].state is RunState.RUNNING
    go.set()
    assert person.over(first).state is RunState.SUCCEEDED


def test_two_requests_for_a_step_start_it_once(person: Person) -> None:
    from journal.events.types import RunRequested

    one, two = person.journal.append(
        RunRequested(step="other", action="thing.other"), RunRequested(step="other", action="thing.other")
    )
    refused = person.over(two.seq)
    assert refused.state is RunState.REFUSED
    assert refused.refusal.gate == "busy"
    go.set()
    assert person.over(one.seq).state is RunState.SUCCEEDED


def test_cancel_is_cancelled_when_the_action_says_so(person: Person) -> None:
    run = person.desk.request_run("other")
    person.until(lambda i: i.runs[run].state is RunState.RUNNING)
    person.desk.cancel(run)
    assert person.over(run).state is RunState.CANCELLED
    assert person.incident().state("other") is StepState.CANCELLED


def test_a_destructive_action_wants_its_target_typed(person: Person) -> None:
    for typed in ("", "/date"):
        run = person.over(person.desk.request_run("break", confirmed=typed))
        assert (run.state, run.refusal.gate) == (RunState.REFUSED, "interlock")


def test_a_gate_that_only_the_action_sees_yields_to_a_reason_and_the_typed_target(person: Person) -> None:
    run = person.over(person.desk.request_run("break", confirmed="/data"))
    assert run.state is RunState.FAILED
    assert (run.refusal.gate, run.refusal.yields) == ("space", "reason and target")
    assert [(cure.override, cure.cost) for cure in run.cures] == [("space", "the old one")]
    wrong = Override(gate="space", reason="nothing worth keeping", target="/date")
    run = person.over(person.desk.request_run("break", confirmed="/data", overrides=[wrong]))
    assert run.state is RunState.REFUSED
    right = Override(gate="space", reason="nothing worth keeping", target="/data")
    run = person.over(person.desk.request_run("break", confirmed="/data", overrides=[right]))
    assert run.state is RunState.SUCCEEDED


def test_what_is_not_available_says_so_and_can_be_marked_done_by_hand(person: Person) -> None:
    run = person.over(person.desk.request_run("promised"))
    assert run.state is RunState.REFUSED
    assert run.refusal.gate == "available"
    person.desk.mark_done("promised", "flown by hand")
    assert person.incident().state("promised") is StepState.MARKED_DONE


def test_a_command_step_runs_its_program_and_keeps_its_exit_status(person: Person) -> None:
    run = person.over(person.desk.request_run("shell"))
    assert run.state is RunState.FAILED
    assert run.programs[0].code == 3
    assert "hello" in person.output(run.id)


def test_a_second_runner_is_refused(person: Person, tmp_path: Path) -> None:
    with pytest.raises(LeaseHeld, match="pid"):
        Runner(person.place, world(places_in(tmp_path)), actor="runner@here")


def test_a_closed_incident_ends_its_runner_and_starts_nothing(person: Person) -> None:
    close_anyway(person.desk, person.incident, "all is well")
    incident = person.until(lambda i: i.runner and i.runner.stopped_at)
    assert incident.runner.why == "the incident is closed"
    assert incident.outcome == "closed with 8 open steps"


def test_what_takes_back_what_is_in_force_runs_after_the_close_in_a_runner_of_its_own(tmp_path: Path) -> None:
    """The hold is on the system: that the incident was closed over it must not keep it there."""
    places = places_in(tmp_path)
    person = Person(declared(places))
    hold = Action(msgspec.structs.replace(work.spec, undone_by="thing.other"), work.function, replace.target)
    release = Action(msgspec.structs.replace(work.spec, name="thing.other"), work.function, replace.target)
    here = world(places, hold, release)
    with running(person.place, here):
        person.over(person.desk.request_run("work"))
        close_anyway(person.desk, person.incident, "enough")
        person.until(lambda i: i.runner and i.runner.stopped_at)
    with running(person.place, here):
        assert person.over(person.desk.request_run("other")).state is RunState.SUCCEEDED
        run = person.over(person.journal.append(RunRequested(step="work", action="thing.work"))[0].seq)
        assert (run.state, run.refusal.gate) == (RunState.REFUSED, "closed")
    assert not person.incident().in_force


@pytest.mark.parametrize(
    ("kind", "lab", "allows", "passes"),
    [
        (Kind.LAB, True, [Kind.LAB], True),
        (Kind.LAB, False, [Kind.LAB, Kind.REAL], False),
        (Kind.REAL, False, [Kind.LAB], False),
        (Kind.REAL, True, [Kind.REAL], False),
        (Kind.DRILL, False, [Kind.DRILL], True),
    ],
)
def test_the_kind_decides_which_inventory_may_be_touched(
    tmp_path: Path, kind: Kind, lab: bool, allows: list[Kind], passes: bool
) -> None:
    places = places_in(tmp_path)
    person = Person(declared(places, kind=kind))
    with running(person.place, world(places, work, inventory_=inventory(lab=lab, allows=allows))):
        run = person.over(person.desk.request_run("work", dry_run=True))
    assert (run.state is RunState.SUCCEEDED) == passes
    assert passes or run.refusal.gate == "kind"


def test_a_target_belongs_to_one_incident_until_it_is_closed(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    first, second = Person(declared(places)), Person(declared(places))
    sure = [Override(gate="space", reason="nothing worth keeping", target="/data")]
    with running(first.place, world(places, replace)), running(second.place, world(places, replace)):
        assert (
            first.over(first.desk.request_run("break", confirmed="/data", overrides=sure)).state is RunState.SUCCEEDED
        )
        run = second.over(second.desk.request_run("break", confirmed="/data", overrides=sure))
        assert run.state is RunState.REFUSED
        assert first.incident().id in run.refusal.message
        close_anyway(first.desk, first.incident, "done")
        first.until(lambda i: i.runner and i.runner.stopped_at)
        run = second.over(second.desk.request_run("break", confirmed="/data", overrides=sure))
        assert run.state is RunState.SUCCEEDED


def test_an_action_with_a_bug_fails_with_its_traceback_in_the_output(tmp_path: Path) -> None:
    def bug(ctx: object) -> Outcome:
        raise ZeroDivisionError("oops")

    places = places_in(tmp_path)
    person = Person(declared(places))
    with running(person.place, world(places, Action(work.spec, bug))):
        run = person.over(person.desk.request_run("work"))
    assert run.state is RunState.FAILED
    assert "oops" in run.summary
    assert any("Traceback" in line for line in person.output(run.id))
