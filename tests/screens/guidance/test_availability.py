"""What may be written is decided in one place: commands refuse by it, and keys are offered for nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from journal.commands import refusals
from journal.commands.incident import IncidentCommands, NotNow
from journal.events import types as e
from journal.incident.fold import fold_journal
from journal.incident.state import Incident
from journal.plan.action_spec import ActionSpec
from journal.plan.model import Step
from journal.store.journal import Journal
from screens.guidance.availability import RULES
from tests.journal.stories import declaration, plan

RUN = {"step": "restore", "action": "db.restore"}
STEPS = (
    {"id": "tell", "title": "Tell people", "items": ["support"]},
    {"id": "restore", "title": "Restore", "action": "db.restore"},
    {"id": "who", "title": "Who leads", "decision": {"name": "lead", "question": "Who leads?", "kind": "text"}},
)
RUNNING = (e.RunRequested(**RUN), e.ActionStarted(run=2, **RUN))
STORIES: dict[str, tuple[e.Body, ...]] = {
    "nothing was said": (),
    "marked done": tuple(e.StepMarkedDone(step=step["id"], note="") for step in STEPS[:2]),
    "skipped": tuple(e.StepSkipped(step=step["id"], reason="no time") for step in STEPS),
    "asked for": RUNNING[:1],
    "running": RUNNING,
    "failed": (*RUNNING, e.ActionFinished(run=2, step="restore", status="failed", summary="no disk")),
    "in doubt": (*RUNNING, e.ActionInDoubt(run=2, step="restore", why="the runner died")),
    "closed": (e.IncidentClosed(summary="enough"),),
}
Refusal = Callable[[Incident, Step], NotNow | None]
Call = Callable[[IncidentCommands, str], object]
COMMANDS: dict[str, tuple[Refusal, Call]] = {
    "skip": (refusals.skip, lambda commands, step: commands.skip(step, "no time")),
    "mark_done": (refusals.mark_done, lambda commands, step: commands.mark_done(step, "by hand")),
    "reopen": (refusals.reopen, lambda commands, step: commands.reopen(step, "it was not")),
    "take": (refusals.take, lambda commands, step: commands.take(step)),
    "dry_run": (refusals.run, lambda commands, step: commands.request_run(step, dry_run=True)),
}
CATALOGUE = {"db.restore": ActionSpec(name="db.restore", title="Restore")}


@pytest.fixture(params=STORIES)
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    with Journal.create(tmp_path / "journal.db", declaration(plan(*STEPS)), actor="ada@here") as journal:
        for body in STORIES[request.param]:
            journal.append(body)
        yield journal


def fold(journal: Journal) -> Incident:
    return fold_journal(journal.path)


def refused(call: Callable[[], object]) -> str:
    try:
        call()
    except NotNow as error:
        return error.message
    return ""


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("step_id", [step["id"] for step in STEPS])
def test_a_command_refuses_what_is_refused_and_its_key_is_offered_for_nothing_else(
    journal: Journal, step_id: str, command: str
) -> None:
    incident, (refusal, call) = fold(journal), COMMANDS[command]
    why = refusal(incident, incident.plan.by_id[step_id])
    said = refused(lambda: call(IncidentCommands(journal, lambda: incident), step_id))
    assert said == (why.message if why else "")
    offered = RULES[command](incident, incident.plan.by_id[step_id], CATALOGUE)
    assert not (offered and said)


def test_items_are_ticked_until_the_step_is_settled(journal: Journal) -> None:
    incident = fold(journal)
    why = refusals.tick(incident, incident.plan.by_id["tell"])
    said = refused(lambda: IncidentCommands(journal, lambda: incident).check_item("tell", "support", True))
    assert said == (why.message if why else "")
    assert bool(said) == (incident.closed_at is not None or incident.state("tell").settled)


def test_what_is_settled_is_reopened_before_it_is_settled_otherwise(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "journal.db", declaration(plan(*STEPS)), actor="ada@here") as journal:
        commands = IncidentCommands(journal, lambda: fold(journal))
        assert "nothing to take back" in refused(lambda: commands.reopen("tell", "it was not"))
        commands.mark_done("tell")
        assert refused(lambda: commands.skip("tell", "no time")) == "Tell people is marked done already."
        commands.reopen("tell", "it was not")
        commands.skip("tell", "no time")


def test_a_run_can_be_cancelled_while_it_runs_and_an_incident_is_closed_when_nothing_does(journal: Journal) -> None:
    incident = fold(journal)
    cancelled = refused(lambda: IncidentCommands(journal, lambda: incident).cancel(2))
    why = refusals.cancel(incident, 2)
    assert cancelled == (why.message if why else "")
    assert bool(RULES["cancel"](incident, incident.plan.by_id["restore"], CATALOGUE)) == (not cancelled)
    closed = refused(lambda: IncidentCommands(journal, lambda: incident).close("", ""))
    why = refusals.close(incident)
    assert closed == (why.message if why else "Closing wants a sentence on how it ended.")
