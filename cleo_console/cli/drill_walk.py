"""Walks through the plan by answers given beforehand, and stops at the first thing that a person must judge."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from cleo_console.app_services import acting_services
from cleo_console.cli.drill_incident import begin_drill, close_drill, said, unfinished
from cleo_console.cli.incident_access import IncidentAccess, access_incident
from cleo_console.cli.run import follow_run, wait_for_inventory
from cleo_console.settings import plan_file
from journal.errors import CleoError
from journal.events.types import Kind
from journal.incident.records import Run, RunState, StepState
from journal.incident.upcoming import next_step
from journal.store.whole_file import replace_whole
from journal.wording.sanitize import sanitize
from journal.yamlfile.yaml_source import read_bytes

if TYPE_CHECKING:
    from actions.inventory import Inventory
    from cleo_console.drills.answers import Answers, CleanUp
    from cleo_console.drills.catalogue import Drill
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Step


_LEFT = "left-open"
"""The file that names the last walk whose clean-up began: it is closed, or not gone on with."""


class NoDrillHere(CleoError):
    """A drill that changes systems is not begun on this inventory."""


def walk_drill(drill: Drill, inventory: Inventory, file: Path, folder: Path) -> int:
    """Walk through the plan by answers, clean up whatever became of it, and return the exit status.

    It closes the incident, unless something is in force or in doubt: then a person goes on with it.

    Raises:
        NoDrillHere: the inventory allows REAL incidents.
        BadFile: the answers do not fit.
        CleoError: the plan cannot be used, or no drill can be declared.
    """
    from actions.registry import catalogue
    from cleo_console.drills.answers import read_answers
    from journal.plan.load import load_plan

    if Kind.REAL in inventory.allows:
        raise NoDrillHere(
            f"The inventory {inventory.name} allows REAL incidents: nothing is changed there unattended.",
            "Name an inventory of its own for drills (CLEO_INVENTORY), which allows DRILL alone, or a lab.",
        )
    known = catalogue()
    loaded = load_plan(plan_file(), known)
    _require_finished(folder)
    content = read_bytes(file)  # once: the journal names the digest of what is gone by
    answers = read_answers(file, content, loaded.plan, inventory.name, drill.scenarios, known)
    because = f"answered beforehand in {file.name}, SHA-256 {hashlib.sha256(content).hexdigest()[:12]}…"
    incident = begin_drill(folder, inventory, drill.item, answers.scenario, lambda at: loaded)
    with access_incident(incident) as at:
        at.services.ensure_runner(incident)
        wait_for_inventory(at)
        walk, stop = Walk(at, answers, because, known), None
        try:
            stop = walk.to_the_end()
        finally:
            try:
                replace_whole(folder / _LEFT, incident.encode())  # first: who is killed in it cleaned up in part
            finally:
                left = walk.clean_up()
        _end(at, incident, stop, left)
    return 1 if left or (stop and stop.failed) else 3 if stop else 0


def _require_finished(folder: Path) -> None:
    """Refuse to go on with a walk that was cleaned up and left open: its holds are gone, and a person must judge it."""
    last = unfinished(acting_services(), folder)
    if last and (folder / _LEFT).exists() and (folder / _LEFT).read_text(encoding="utf-8") == last:
        raise NoDrillHere(
            f"{last}, the drill before, stopped and was left open: something is in force, in doubt or not cleaned up.",
            f"Finish and close it: cleo open {last}",
        )


def _end(at: IncidentAccess, incident: str, stop: Stop | None, left: list[str]) -> None:
    """Say how a walk ended, and close its incident, where nothing is left that a person must look after."""
    if stop:
        click.echo(sanitize(f"stopped at {stop.why}"), err=True)
    for one in left:
        click.echo(sanitize(f"NOT cleaned up: {one}"), err=True)
    now = at.incident()
    if left or now.in_force or now.in_doubt():
        click.echo(f"{incident} is left open: something is in force, in doubt or not cleaned up. cleo open {incident}")
        return
    close_drill(at, f"Stopped at {stop.why}" if stop else "Walked through to the end by answers given beforehand.")
    click.echo(f"{incident} is closed; its report: cleo report {incident}")


class Stop(NamedTuple):
    """Why a walk stopped: in words, and whether something failed (else a person must judge)."""

    why: str
    failed: bool


class Walk:
    """One walk through an incident's plan.

    Args:
        at: the incident.
        answers: what was decided beforehand.
        because: where they are from: the journal has it beside each of them.
        catalogue: the actions there are.
    """

    def __init__(self, at: IncidentAccess, answers: Answers, because: str, catalogue: Catalogue) -> None:
        self._at, self._answers, self._because, self._catalogue = at, answers, because, catalogue
        self._seen: set[str] = set()

    def to_the_end(self) -> Stop | None:
        """Do what is next until nothing is left; return what it stopped at, or None."""
        while step := next_step(self._at.incident()):
            try:
                stop = self._again(step) or self._step(step)
            except CleoError as error:
                stop = Stop(str(error), failed=True)
            if stop:
                return Stop(f"{self._at.incident().plan.named(step.id)} ({step.id}): {stop.why}", stop.failed)
        return None

    def clean_up(self) -> list[str]:
        """Run what is to be run at the end, all of it; return what did not succeed."""
        return [failed for one in self._answers.clean_up if (failed := self._cleaned(one))]

    def _cleaned(self, one: CleanUp) -> str:
        try:
            (run_id,) = self._at.commands.request_actions(one.action, one.params, on=[one.on], confirmed=one.confirm)
            run = follow_run(self._at, run_id, quiet=True)
        except CleoError as error:
            return f"{one.action}: {error}"
        self._say(f"clean-up: {one.action}", run)
        return "" if run.state is RunState.SUCCEEDED else f"{one.action}: {said(run)}"

    def _again(self, step: Step) -> Stop | None:
        """Stop at what is in doubt or failed, and at what comes up a second time."""
        state = self._at.incident().state(step.id)
        if state in (StepState.IN_DOUBT, StepState.FAILED):
            return Stop(f"{state}: a person must look", failed=True)
        if step.id in self._seen:
            return Stop("it comes up again though it was answered: a person must look", failed=False)
        self._seen.add(step.id)
        return None

    def _step(self, step: Step) -> Stop | None:
        if reason := self._left_out(step):
            self._at.commands.skip(step.id, f"{reason} ({self._because})")
            return None
        if step.decision:
            return self._decide(step, step.decision.name)
        return self._run(step) if step.is_run else self._by_hand(step)

    def _left_out(self, step: Step) -> str:
        """Return the reason for which a step is left out; empty: it is not."""
        answered = step.id in self._answers.done or (step.decision and step.decision.name in self._answers.decisions)
        paperwork = self._answers.paperwork if step.beside and not answered else ""
        return self._answers.skip.get(step.id, "") or paperwork

    def _decide(self, step: Step, name: str) -> Stop | None:
        answer = self._answers.decisions.get(name)
        if answer is None:
            return Stop(f"a person decides it; beforehand: decisions: {{{name}: …}}", failed=False)
        self._at.commands.decide(step.id, answer, self._because)
        click.echo(sanitize(f"{step.id}: {answer}"))
        return None

    def _run(self, step: Step) -> Stop | None:
        spec, target = self._catalogue.get(step.action), self._answers.confirm.get(step.id, "")
        if spec and spec.destructive and not target:
            return Stop(f"it is destructive; beforehand: confirm: {{{step.id}: {self._target(step)}}}", failed=False)
        for run_id in self._at.commands.request_runs(step.id, confirmed=target):
            run = follow_run(self._at, run_id, quiet=True)
            self._say(step.id, run)
            if run.state is not RunState.SUCCEEDED and not step.may_fail:
                return Stop(said(run), failed=run.state is not RunState.REFUSED)
        return None

    def _target(self, step: Step) -> str:
        """Return what is to be typed to let a destructive step begin, by its dry run."""
        runs = [follow_run(self._at, one, quiet=True) for one in self._at.commands.request_runs(step.id, dry_run=True)]
        found = [identity.value for run in runs for identity in run.target if identity.name == "confirm"]
        return " or ".join(dict.fromkeys(found)) or "its target, which its dry run could not tell"

    def _by_hand(self, step: Step) -> Stop | None:
        note = self._answers.done.get(step.id)
        if note is None:
            return Stop(f"people do it; beforehand: done or skip: {{{step.id}: …}}", failed=False)
        self._at.commands.mark_done(step.id, f"{note} ({self._because})")
        return None

    def _say(self, what: str, run: Run) -> None:
        click.echo(sanitize(f"{what}{f' at {run.system}' if run.system else ''}: {run.state}: {said(run)}"))
