"""Walks through an incident's plan by answers given beforehand; stops where a person must judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from cleo_console.cli.drill_incident import said
from cleo_console.cli.drill_target import NotAllowed, typed_target
from cleo_console.cli.incident_access import IncidentAccess
from cleo_console.cli.run import follow_run
from journal.errors import CleoError
from journal.incident.instances import left
from journal.incident.known import not_met
from journal.incident.records import RunState, StepState
from journal.incident.upcoming import next_step
from journal.wording.sanitize import sanitize
from screens.guidance.left_out import why_not_here
from screens.guidance.next_action import destructive

if TYPE_CHECKING:
    from cleo_console.drills.answers import Answers
    from journal.incident.records import Run
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Step


class Stop(NamedTuple):
    """Why a walk stopped.

    Attributes:
        where: the step, by number, title and id.
        why: in words.
        failed: whether something failed or is in doubt; else a person must judge.
        answer: what would have answered it beforehand, as it is written in the file; empty: nothing would.
    """

    where: str
    why: str
    failed: bool
    answer: str = ""


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
        """Do what is next until nothing is left but what waits for the clean-up; return what it stopped at, or None."""
        while step := next_step(self._at.incident()):
            if self._waits_for_clean_up(step):
                return None
            try:
                stop = self._again(step) or self._step(step)
            except CleoError as error:
                stop = self._stop(step, str(error), failed=True)
            if stop:
                return stop
        return None

    def _stop(self, step: Step, why: str, *, failed: bool = False, answer: str = "") -> Stop:
        return Stop(f"{self._at.incident().plan.named(step.id)} ({step.id})", why, failed, answer)

    def _waits_for_clean_up(self, step: Step) -> bool:
        """Whether all that keeps a step from being done is what the drill put in force."""
        found = not_met(self._at.incident(), step)
        return bool(found) and step.id in self._answers.done and bool(self._at.incident().in_force)

    def _again(self, step: Step) -> Stop | None:
        """Stop at what is in doubt or failed, and at what comes up a second time."""
        state = self._at.incident().state(step.id)
        if state in (StepState.IN_DOUBT, StepState.FAILED):
            return self._stop(step, f"{state}: a person must look", failed=True)
        if step.id in self._seen:
            return self._stop(step, "it comes up again though it was answered: a person must look")
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
        return self._answers.skip.get(step.id, "") or paperwork or self._not_here(step)

    def _not_here(self, step: Step) -> str:
        """Return the reason for leaving out what nothing of the inventory does, with what is missing."""
        missing = why_not_here(self._at.incident(), step, self._catalogue)
        return f"{self._answers.not_here}: {missing}" if missing and self._answers.not_here else ""

    def _decide(self, step: Step, name: str) -> Stop | None:
        answer = self._answers.decisions.get(name)
        if answer is None:
            return self._stop(step, "a person decides it", answer=f"decisions: {{{name}: …}}")
        self._at.commands.decide(step.id, answer, self._because)
        click.echo(sanitize(f"{step.id}: {answer}"))
        return None

    def _run(self, step: Step) -> Stop | None:
        """Run a step at each system at which it is not done, one after the other."""
        if missing := why_not_here(self._at.incident(), step, self._catalogue):
            return self._stop(step, missing, answer="not_here: …, or skip: {" + step.id + ": …}")
        for system in left(self._at.incident(), step) or [""]:
            if stop := self._run_at(step, system):
                return stop
        return None

    def _run_at(self, step: Step, system: str) -> Stop | None:
        on, confirmed, shown = [system] if system else [], "", 0
        if destructive(step, self._catalogue):
            try:
                confirmed, shown = typed_target(self._at, step.id, on, self._answers.confirm.get(step.id, ""))
            except NotAllowed as error:
                return self._stop(step, str(error), failed=error.failed, answer=error.answer)
        (run_id,) = self._at.commands.request_runs(step.id, on=on, confirmed=confirmed, shown=shown)
        run = follow_run(self._at, run_id, quiet=True)
        say(step.id, run)
        if run.state is RunState.REFUSED and self._is_opened(step):
            return None
        if run.state is not RunState.SUCCEEDED and not step.may_fail:
            return self._stop(step, said(run), failed=run.state is not RunState.REFUSED)
        return None

    def _is_opened(self, step: Step) -> bool:
        """Whether another step opens the gate that refused one: it is next, and after it the refused one again."""
        opener = next_step(self._at.incident())
        if opener is None or opener.id == step.id or opener.id in self._seen:
            return False
        self._seen.discard(step.id)
        return True

    def _by_hand(self, step: Step) -> Stop | None:
        note = self._answers.done.get(step.id)
        if note is None:
            return self._stop(step, "people do it", answer=f"done or skip: {{{step.id}: …}}")
        self._at.commands.mark_done(step.id, f"{note} ({self._because})")
        return None


def say(what: str, run: Run) -> None:
    """Print how a run of a drill ended."""
    click.echo(sanitize(f"{what}{f' at {run.system}' if run.system else ''}: {run.state}: {said(run)}"))
