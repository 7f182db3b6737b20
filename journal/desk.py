"""One person's desk at one incident: what people say and ask for, each as one durable event.

Console, command line and line mode all write through here, so that they refuse the same nonsense in the
same words. Nothing here touches a system.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from journal import events as e
from journal.closing import phrase, remaining
from journal.decisions import check_answer
from journal.errors import CleoError
from journal.late import during, past
from journal.looks import next_look, not_done
from journal.records import Run, RunState, StepState

if TYPE_CHECKING:
    from journal.action_spec import Catalogue
    from journal.closing import Remaining
    from journal.incident import Incident
    from journal.plan.model import Step
    from journal.store import Journal


_SHOWN = 20
_CLOSED = "Write a note (cleo note), or go on with it (cleo reopen)."
_NOT_DONE = "Say that it failed, or that it is to be run again; look once more after you have mended it by hand."


class NotNow(CleoError):
    """What was asked for makes no sense in the incident's present state."""


class StillOpen(NotNow):
    """An incident is not closed over what is not in order, unless the person says how much that is."""

    def __init__(self, left: Sequence[Remaining], typed: str = "") -> None:
        shown = "".join(f"\n  {one}" for one in left[:_SHOWN])
        more = f"\n  and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        was = f" ({typed!r} was typed)" if typed else ""
        super().__init__(
            f"Not in order{was}:{shown}{more}",
            f'Put it right, or close all the same by typing "{phrase(list(left))}" (--leaving).',
        )
        self.left = list(left)


class Desk:
    """Where one person writes into one incident. Every method blocks until its event is durable.

    Args:
        journal: the incident's journal, opened for this person.
        incident: gives the state as it is now.
    """

    def __init__(self, journal: Journal, incident: Callable[[], Incident]) -> None:
        self._journal = journal
        self._incident = incident

    def decide(self, step_id: str, answer: str, reason: str = "", happened_at: datetime | None = None) -> e.Event:
        """Answer the decision of a step. ``happened_at`` (with a zone) makes it a late entry, here and below.

        Raises:
            AnswerRefused: the answer does not fit, or the scenario refuses it.
            NotNow: the incident is closed, or the step asks for no decision.
            NotThen: ``happened_at`` lies in the future or before the disruption.
        """
        step = self._step(step_id)
        if step.decision is None:
            raise NotNow(f"{step.title} asks for no decision.")
        incident, name = self._incident(), step.decision.name
        body = e.DecisionMade(
            step=step_id,
            name=name,
            answer=check_answer(incident, step.decision, answer),
            reason=reason.strip(),
            happened_at=during(incident, happened_at),
        )
        return self._append(body)

    def check_item(self, step_id: str, item: str, checked: bool) -> e.Event:
        """Tick (or untick) one item of a manual step.

        Raises:
            NotNow: the incident is closed, or the step has no such item.
        """
        if item not in self._step(step_id).items:
            raise NotNow(f"The step has no item {item!r}.")
        return self._append(e.ItemChecked(step=step_id, item=item, checked=checked))

    def mark_done(self, step_id: str, note: str = "", happened_at: datetime | None = None) -> e.Event:
        """Say that a step is done. What the console could have run wants a note of what was done instead.

        Raises:
            NotNow: the incident is closed, the note is missing, or the step is running, in doubt or a decision.
            NotThen: ``happened_at`` lies in the future or before the disruption.
        """
        step = self._settleable(step_id)
        if step.decision is not None:
            raise NotNow(f"{step.title} is a decision.", "Answer it instead.")
        if step.kind != "manual" and not note.strip():
            raise NotNow(f"{step.title} was not run by the console.", "Note what you did, for the report.")
        at = during(self._incident(), happened_at)
        return self._append(e.StepMarkedDone(step=step_id, note=note.strip(), happened_at=at))

    def skip(self, step_id: str, reason: str, happened_at: datetime | None = None) -> e.Event:
        """Leave a step out.

        Raises:
            NotNow: the incident is closed, the reason is missing, or the step is running or in doubt.
            NotThen: ``happened_at`` lies in the future or before the disruption.
        """
        self._settleable(step_id)
        reason, at = _required(reason, "A skipped step wants a reason."), during(self._incident(), happened_at)
        return self._append(e.StepSkipped(step=step_id, reason=reason, happened_at=at))

    def reopen(self, step_id: str, reason: str) -> e.Event:
        """Take back that a step is done, skipped or failed.

        Raises:
            NotNow: the incident is closed, the reason is missing, or the step is running or in doubt.
        """
        self._settleable(step_id)
        return self._append(e.StepReopened(step=step_id, reason=_required(reason, "Reopening a step wants a reason.")))

    def note(self, text: str, step_id: str = "", happened_at: datetime | None = None) -> e.Event:
        """Write a note, also after the incident was closed.

        Args:
            text: what to say.
            step_id: the step it belongs to, if any.
            happened_at: for a late entry, when it happened (with a zone).

        Raises:
            NotNow: the text is empty.
            NotThen: ``happened_at`` lies in the future.
        """
        text = _required(text, "The note is empty.")
        return self._append(e.NoteAdded(step=step_id, text=text, happened_at=past(happened_at)))

    def request_run(
        self,
        step_id: str,
        *,
        params: Mapping[str, Any] | None = None,
        dry_run: bool = False,
        confirmed: str = "",
        overrides: Sequence[e.Override] = (),
    ) -> int:
        """Ask the runner for a step's action or command. ``params`` replace the plan's, name by name.

        Returns:
            The run's id.

        Raises:
            NotNow: the incident is closed, the step has nothing to run, or it is running or in doubt already.
        """
        step = self._known_step(step_id)
        if step.kind not in ("action", "command"):
            raise NotNow(f"{step.title} has nothing to run.")
        self._may_run(step.action)
        if not dry_run:
            self._not_active(step)
        body = e.RunRequested(
            step=step_id,
            action=step.action or "command",
            params={**step.params, **(params or {})},
            dry_run=dry_run,
            confirmed=confirmed,
            overrides=list(overrides),
        )
        return self._append(body).seq

    def request_action(
        self,
        action: str,
        params: Mapping[str, Any],
        *,
        dry_run: bool = False,
        confirmed: str = "",
        overrides: Sequence[e.Override] = (),
    ) -> int:
        """Ask the runner for an action outside the plan's steps, or for the step that is bound to it.

        The run counts for the first step bound to ``action`` that applies, is not settled and not running;
        where there is none it stands alone.

        Returns:
            The run's id.

        Raises:
            NotNow: the incident is closed, and nothing is in force that ``action`` takes back.
        """
        self._may_run(action)
        body = e.RunRequested(
            step=self._step_for(action),
            action=action,
            params=dict(params),
            dry_run=dry_run,
            confirmed=confirmed,
            overrides=list(overrides),
        )
        return self._append(body).seq

    def probe(self, run_id: int, catalogue: Catalogue) -> int:
        """Ask for the read-only look into what an in-doubt run left.

        Which look it is: `journal.looks.next_look`.

        Returns:
            The probe's own run id.

        Raises:
            NotNow: the run is not in doubt, or its action has no probe.
        """
        run = self._doubtful(run_id)
        look = next_look(self._incident(), run, catalogue)
        if not look:
            raise NotNow(f"{run.action} has no probe.", "Look at the system yourself, then say what you found.")
        return self._append(e.RunRequested(step=run.step, action=look, probe_of=run_id)).seq

    def cancel(self, run_id: int, reason: str = "") -> e.Event:
        """Ask a run to stop. It stops when its runner says so, not before.

        Raises:
            NotNow: it is not running.
        """
        run = self._incident().runs.get(run_id)
        if run is None or run.state is not RunState.RUNNING:
            raise NotNow("There is nothing running to cancel." if run is None else f"The run is {run.state}.")
        return self._append(e.CancelRequested(step=run.step, run=run_id, reason=reason.strip()))

    def resolve(self, run_id: int, verdict: Literal["done", "failed", "run_again"], reason: str) -> e.Event:
        """Say what an in-doubt run was. ``run_again`` makes its step ready; it starts nothing.

        Raises:
            NotNow: the run is not in doubt, the reason is missing, or "done" contradicts the last look.
        """
        run = self._doubtful(run_id)
        if verdict == "done" and (why := not_done(self._incident(), run_id)):
            raise NotNow(why, _NOT_DONE)
        reason = _required(reason, "Say what you saw that tells how it ended.")
        return self._append(e.DoubtResolved(step=run.step, run=run_id, verdict=verdict, reason=reason))

    def close(self, summary: str, leaving: str = "") -> e.Event:
        """Close the incident. What is not in order then is written into the event.

        Args:
            summary: how it ended.
            leaving: what must be typed where something is not in order (`journal.closing.phrase`).

        Raises:
            StillOpen: something is not in order, and ``leaving`` does not say how much.
            NotNow: it is closed already, the summary is missing, or something is running.
        """
        incident = self._open()
        running = [run for run in incident.runs.values() if not run.state.over]
        if running:
            raise NotNow(f"{running[0].action} is {running[0].state}.", "Wait for it or cancel it, then close.")
        summary = _required(summary, "Closing wants a sentence on how it ended.")
        left = remaining(incident)
        if leaving.strip() != phrase(left) and left:
            raise StillOpen(left, leaving.strip())
        return self._append(e.IncidentClosed(summary=summary, remaining=[str(one) for one in left]))

    def reopen_incident(self, reason: str) -> e.Event:
        """Go on with a closed incident.

        Raises:
            NotNow: it is not closed, or the reason is missing.
        """
        if self._incident().closed_at is None:
            raise NotNow(f"{self._incident().id} is not closed.")
        return self._append(e.IncidentReopened(reason=_required(reason, "Reopening an incident wants a reason.")))

    def _append(self, body: e.Body) -> e.Event:
        return self._journal.append(body)[0]

    def _open(self) -> Incident:
        incident = self._incident()
        if incident.closed_at is not None:
            raise NotNow(f"{incident.id} is closed.", _CLOSED)
        return incident

    def _may_run(self, action: str) -> None:
        """What takes back a hold or a block that is still in force can be asked for after the close, too."""
        incident = self._incident()
        if not incident.takes_back(action):
            self._open()

    def _step(self, step_id: str) -> Step:
        self._open()
        return self._known_step(step_id)

    def _known_step(self, step_id: str) -> Step:
        try:
            return self._incident().plan.by_id[step_id]
        except KeyError:
            raise NotNow(f"The plan has no step {step_id!r}.", "See the ids with: cleo plan show") from None

    def _settleable(self, step_id: str) -> Step:
        step = self._step(step_id)
        self._not_active(step)
        return step

    def _not_active(self, step: Step) -> None:
        state = self._incident().state(step.id)
        if state.active:
            raise NotNow(f"{step.title} is {state}.", "Wait for it, or cancel it.")
        if state is StepState.IN_DOUBT:
            raise NotNow(f"{step.title} is in doubt.", "Look what it left, then say done, failed or run again.")

    def _step_for(self, action: str) -> str:
        incident = self._incident()
        open_states = (StepState.READY, StepState.WAITING, StepState.FAILED, StepState.CANCELLED)
        bound = (step.id for step in incident.in_state(*open_states) if step.action == action)
        return next(bound, "")

    def _doubtful(self, run_id: int) -> Run:
        run = self._open().runs.get(run_id)
        if run and run.verdict:
            raise NotNow(f"It is settled already: {run.settled}")
        if run is None or run.state is not RunState.IN_DOUBT:
            raise NotNow("That run is not in doubt.")
        return run


def _required(text: str, complaint: str) -> str:
    if not text.strip():
        raise NotNow(complaint)
    return text.strip()
