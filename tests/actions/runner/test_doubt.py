"""What a person may say of a run in doubt, after looks at what it left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from actions.action import action
from actions.context import ActionContext
from actions.machine.machine import last_words
from actions.outcome import InDoubt, Outcome
from actions.runner.programs import how_it_ended
from actions.systems.postgres.causes import cure_for
from actions.transport import Completed
from journal.commands.incident import NotNow
from journal.events.types import ActionFinished, ActionStarted, Body, ProgramStarted, RunRefused, RunRequested
from journal.incident.looks import REATTACH
from journal.incident.records import RunState, StepState
from journal.plan.action_spec import Catalogue
from tests.actions.worlds import Person, declared, places_in, running, world


@action("thing.work", probe="thing.look")
def work(ctx: ActionContext, *, on: str = "", hard: bool = False) -> Outcome:
    """End so that nobody knows how."""
    raise InDoubt("nobody saw its end")


@action("thing.look")
def look(ctx: ActionContext, *, on: str = "") -> Outcome:
    """See that it is not whole."""
    return Outcome(ok=False, summary=f"it is half there {on}".rstrip())


@action("thing.other", resumable=True)
def resumed(ctx: ActionContext) -> Outcome:
    """Run a program that leaves a file."""
    ctx.run("k", "here", ["touch", TOUCHED[0]])
    return Outcome(ok=True, summary="touched")


TOUCHED: list[str] = []


@contextmanager
def in_doubt(folder: Path) -> Iterator[tuple[Person, Catalogue, int]]:
    """Somebody at the desk of an incident with a run in doubt, whose runner is at work; the actions; the run."""
    places = places_in(folder)
    person, surroundings = Person(declared(places)), world(places, work, look)
    with running(person.place, surroundings):
        run = person.desk.request_run("work", params={"on": "dr1", "hard": True})
        person.over(run)
        yield person, surroundings.catalogue, run


def test_what_the_look_says_is_incomplete_is_never_done(tmp_path: Path) -> None:
    with in_doubt(tmp_path) as (person, catalogue, run):
        person.over(person.desk.probe(run, catalogue))
        with pytest.raises(NotNow, match="it is half there dr1"):  # it was looked where the run was at work
            person.desk.resolve(run, "done", "looks fine")
        person.desk.resolve(run, "failed", "the look said so")
        assert person.incident().state("work") is StepState.FAILED


@pytest.mark.parametrize("stopped", [ActionFinished(run=0, status="cancelled", summary="cancelled"), None])
def test_a_look_that_saw_nothing_takes_no_earlier_one_back(tmp_path: Path, stopped: Body | None) -> None:
    """One that was cancelled, or that the runner refused."""
    with in_doubt(tmp_path) as (person, catalogue, run):
        person.over(person.desk.probe(run, catalogue))
    again = person.journal.append(RunRequested(step="work", action="thing.look", probe_of=run))[0].seq
    if isinstance(stopped, ActionFinished):
        person.journal.append(ActionStarted(step="work", run=again, action="thing.look", probe_of=run))
        person.journal.append(msgspec.structs.replace(stopped, run=again))
    else:
        person.journal.append(RunRefused(step="work", run=again, gate="kind", message="another inventory"))
    with pytest.raises(NotNow, match="it is half there"):
        person.desk.resolve(run, "done", "looks fine")


def test_a_signal_is_the_cause_and_no_exit_status() -> None:
    assert how_it_ended("pgbackrest", -9) == "pgbackrest was ended by signal 9"
    assert how_it_ended("pgbackrest", 26) == "pgbackrest ended with exit status 26"


def test_the_programs_are_asked_first_then_the_data_and_then_both_again(tmp_path: Path) -> None:
    with in_doubt(tmp_path) as (person, catalogue, run):
        spool = str(tmp_path / "none")
        person.journal.append(ProgramStarted(step="work", run=run, key="k", argv=["sh"], spool=spool, host="here"))
        asked = [person.over(person.desk.probe(run, catalogue)).action for _ in range(4)]
        assert asked == [REATTACH, "thing.look", REATTACH, "thing.look"]


@pytest.mark.parametrize("step", ["work", "other"])
@pytest.mark.parametrize(("address", "known"), [("ssh db0 port 22", False), ("this machine", True)])
def test_a_program_is_not_called_never_started_where_its_host_is_another_by_now(
    tmp_path: Path, step: str, address: str, known: bool
) -> None:
    places, spool = places_in(tmp_path), str(tmp_path / "none")
    person, surroundings = Person(declared(places)), world(places, work, look, resumed)
    TOUCHED[:] = [str(tmp_path / "touched")]
    (asked,) = person.journal.append(RunRequested(step=step, action=f"thing.{step}"))
    began = {"step": step, "run": asked.seq}
    person.journal.append(ActionStarted(**began, action=f"thing.{step}"))
    person.journal.append(ProgramStarted(**began, key="k", argv=["touch"], spool=spool, host="here", address=address))
    with running(person.place, surroundings):
        over = person.over(asked.seq)
        if step == "work":
            look_back = person.over(person.desk.probe(asked.seq, surroundings.catalogue)).summary
            assert ("cannot be known" in look_back) is not known
    assert (tmp_path / "touched").exists() == (known and step == "other")
    assert (over.state is RunState.SUCCEEDED) == (known and step == "other")
    assert ("cannot be known" in over.program_status) is not known
    assert ("never started" in over.program_status) is (known and step == "work")


def test_what_another_has_settled_is_said_with_who_and_as_what(tmp_path: Path) -> None:
    with in_doubt(tmp_path) as (person, _, run):
        person.desk.resolve(run, "run_again", "nothing was done")
        person.until(lambda i: i.runs[run].verdict)
        with pytest.raises(NotNow, match=r"settled by \S+ as run again: nothing was done"):
            person.desk.resolve(run, "failed", "me too")


def test_what_a_killed_program_printed_is_not_given_as_the_cause() -> None:
    done = Completed(argv=["pgbackrest"], code=-9, out="", err="ERROR: [026]: invalid checksum", duration_s=1)
    assert last_words(done) == "it was ended by signal 9"
    assert "killed" in cure_for(done, done.err, "")
    failed = msgspec.structs.replace(done, code=26)
    assert "damaged" in cure_for(failed, failed.err, "")
    assert "[026]" in last_words(failed)
