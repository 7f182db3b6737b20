"""Incident commands: what people say and ask for in one incident, each as one durable event.

Console, command line and line mode all write through here, so that they refuse the same nonsense in the
same words. Nothing here touches a system.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from journal.commands import refusals
from journal.commands.base import known_step, required
from journal.commands.refusals import NotNow, raise_if
from journal.commands.run import RunCommands
from journal.commands.team import TeamCommands
from journal.commands.told import ToldCommands
from journal.errors import CleoError
from journal.events import types as e
from journal.incident.closing import Remaining, phrase, remaining
from journal.incident.decisions import check_answer, require_reason
from journal.incident.fold.suppose import suppose
from journal.incident.known import known
from journal.incident.late import during, past
from journal.incident.proposals import Decided
from journal.incident.recovery_point import Forms
from journal.store.witness import Head
from journal.wording import reasons

if TYPE_CHECKING:
    from journal.incident.records import DecisionRecord
    from journal.incident.state import Incident
    from journal.store.journal import Journal

__all__ = ["IncidentCommands", "NotNow", "StillOpen"]

_SHOWN = 20


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


def require_leaving(left: list[Remaining], leaving: str) -> None:
    """Let an incident be closed over ``left`` where the person typed how much that is.

    Raises:
        StillOpen: something is not in order, and ``leaving`` does not say how much.
    """
    if left and leaving.strip() != phrase(left):
        raise StillOpen(left, leaving.strip())


class IncidentCommands(RunCommands, TeamCommands, ToldCommands):
    """Where one person writes into one incident. Every method blocks until its event is durable.

    Args:
        journal: the incident's journal, opened for this person.
        incident: gives the state as it is now.
        forms: gives the positions that its systems understand as a recovery point; none where it is left out.

    Attributes:
        unwitnessed: why the witness was not given the head as the incident was last closed here; empty: it was.
    """

    def __init__(
        self,
        journal: Journal,
        incident: Callable[[], Incident],
        forms: Callable[[Incident], Forms] = lambda incident: {},
    ) -> None:
        super().__init__(journal, incident)
        self.unwitnessed = ""
        self._forms = forms

    def decide(
        self, step_id: str, answer: str, reason: str = "", happened_at: datetime | None = None, because: str = ""
    ) -> e.Event:
        """Answer the decision of a step. ``happened_at`` (with a zone) makes it a late entry, here and below.

        ``because`` is what the program had proposed the answer for, where a person took it as proposed.

        Raises:
            AnswerRefused: the answer does not fit, the scenario refuses it, or no system can reach it.
            NotNow: the incident is closed, the step asks for no decision, or the recovery point holds a secret.
            NotThen: ``happened_at`` lies in the future or before the disruption.
        """
        incident = self._open()
        step = known_step(incident, step_id)
        return self._append(incident, self._decision(incident, Decided(step, answer, reason, because), happened_at))

    def decide_all(
        self, answers: Sequence[Decided], seen: Mapping[str, DecisionRecord], happened_at: datetime | None = None
    ) -> list[e.Event]:
        """Answer several decisions, all or none of them; each may rest on those before it.

        Args:
            answers: what was decided.
            seen: by name, what had been decided as they were asked for.
            happened_at: as of `decide`.

        Raises:
            AnswerRefused, NotNow, NotThen: as of `decide`, of the first that does not fit.
            NotNow: somebody else has decided one of them since.
        """
        incident = supposed = self._open()
        for one in answers:
            raise_if(refusals.decided_since(incident, one.step, seen))
        bodies = []
        for one in answers:
            bodies.append(self._decision(supposed, one, happened_at))
            supposed = suppose(supposed, one.step, bodies[-1].answer)
        return self._append_all(incident, bodies)

    def _decision(self, incident: Incident, given: Decided, happened_at: datetime | None) -> e.DecisionMade:
        """Return the event of a decision, its answer checked against ``incident``."""
        decision = given.step.decision
        if decision is None:
            raise NotNow(f"{given.step.title} asks for no decision.")
        if decision.kind == "recovery-point":
            self._refuse_secret("The recovery point", given.answer)
        answer = check_answer(incident, decision, given.answer, self._forms(incident))
        if not given.reason.strip():
            require_reason(incident, decision, answer, given.because)
        return e.DecisionMade(
            step=given.step.id,
            name=decision.name,
            answer=self._journal.blot(answer) if decision.kind == "text" else answer,
            reason=given.reason.strip(),
            because=given.because,
            happened_at=during(incident, happened_at, self._journal.now()),
        )

    def check_item(self, step_id: str, item: str, checked: bool) -> e.Event:
        """Tick (or untick) one item of a manual step.

        Raises:
            NotNow: the incident is closed, the step is settled, it has no such item, or nobody ticks it.
        """
        incident = self._incident()
        step = known_step(incident, step_id)
        raise_if(refusals.tick(incident, step))
        if item not in step.items:
            raise NotNow(f"The step has no item {item!r}.")
        if fact := known(incident, step, item):
            raise NotNow(f"{item}: nobody ticks that, the journal tells it.", f"It is {fact.evidence}.")
        if level := step.level(item):
            raise NotNow(
                f"{item}: that is ticked by {level}'s answer.", "Note the call, and who answered (e: escalate)."
            )
        return self._append(incident, e.ItemChecked(step=step_id, item=item, checked=checked))

    def mark_done(self, step_id: str, note: str = "", happened_at: datetime | None = None) -> e.Event:
        """Say that a step is done. What the console could have run wants a note of what was done instead.

        Raises:
            NotNow: the incident is closed, the note is missing, or the step is running, in doubt, settled, or a
                decision.
            NotThen: ``happened_at`` lies in the future or before the disruption.
        """
        incident = self._incident()
        step = known_step(incident, step_id)
        raise_if(refusals.mark_done(incident, step))
        if step.kind != "manual" and not note.strip():
            raise NotNow(f"{step.title} was not run by the console.", "Note what you did, for the report.")
        at = during(incident, happened_at, self._journal.now())
        return self._append(incident, e.StepMarkedDone(step=step_id, note=note.strip(), happened_at=at))

    def skip(self, step_id: str, reason: str, happened_at: datetime | None = None) -> e.Event:
        """Leave a step out; as `skip_all` does."""
        return self.skip_all({step_id: reason}, happened_at)[0]

    def skip_all(self, reasons_by_step: Mapping[str, str], happened_at: datetime | None = None) -> list[e.Event]:
        """Leave steps out, each with a reason of its own: all of them or none.

        Args:
            reasons_by_step: the reason, by step.
            happened_at: as in `decide`.

        Raises:
            NotNow: the incident is closed, a reason is missing, or one of the steps is running, in doubt or settled.
            NotThen: ``happened_at`` lies in the future or before the disruption.
        """
        incident = self._incident()
        for step_id in reasons_by_step:
            raise_if(refusals.skip(incident, known_step(incident, step_id)))
        at = during(incident, happened_at, self._journal.now())
        why = {step_id: required(reason, reasons.SKIP) for step_id, reason in reasons_by_step.items()}
        return self._append_all(incident, [e.StepSkipped(step=one, reason=why[one], happened_at=at) for one in why])

    def reopen(self, step_id: str, reason: str) -> e.Event:
        """Take back that a step is done, skipped or failed.

        Raises:
            NotNow: the incident is closed, the reason is missing, or the step is running, in doubt or none of these.
        """
        incident = self._incident()
        raise_if(refusals.reopen(incident, known_step(incident, step_id)))
        return self._append(incident, e.StepReopened(step=step_id, reason=required(reason, reasons.REOPEN)))

    def note(self, text: str, step_id: str = "", happened_at: datetime | None = None) -> e.Event:
        """Write a note, also after the incident was closed.

        Args:
            text: what to say.
            step_id: the step it belongs to, if any.
            happened_at: for a late entry, when it happened (with a zone).

        Raises:
            NotNow: the text is empty, or the plan has no such step.
            NotThen: ``happened_at`` lies in the future.
        """
        incident, text = self._incident(), required(text, reasons.EMPTY_NOTE)
        if step_id:
            known_step(incident, step_id)
        return self._append(
            incident, e.NoteAdded(step=step_id, text=text, happened_at=past(happened_at, self._journal.now()))
        )

    def close(self, summary: str, leaving: str = "", *, derived: bool = False) -> e.Event:
        """Close the incident. What is not in order then is written into the event.

        The head is given to the witness, if there is one; that it did not take it is a note, and hinders nothing.

        Args:
            summary: how it ended.
            derived: the person took it as it was derived from the journal.
            leaving: what must be typed where something is not in order (`journal.incident.closing.phrase`).

        Raises:
            StillOpen: something is not in order, and ``leaving`` does not say how much.
            NotNow: it is closed already, the summary is missing, or something is running.
        """
        incident = self._incident()
        raise_if(refusals.close(incident))
        summary = required(summary, reasons.CLOSE)
        left = remaining(incident)
        require_leaving(left, leaving)
        remains = [str(one) for one in left]
        closed = self._append(incident, e.IncidentClosed(summary=summary, derived=derived, remaining=remains))
        self._witness(incident, closed)
        return closed

    def _witness(self, incident: Incident, closed: e.Event) -> None:
        head = Head(closed.at, incident.id, incident.kind, closed.seq, closed.hash, f"closed by {closed.actor}")
        self.unwitnessed = self._journal.witness(head)
        if self.unwitnessed:
            with suppress(CleoError):  # it is closed, whatever the disk says to one more note
                self.note(self.unwitnessed)

    def reopen_incident(self, reason: str) -> e.Event:
        """Go on with a closed incident.

        Raises:
            NotNow: it is not closed, or the reason is missing.
        """
        incident = self._incident()
        if incident.closed_at is None:
            raise NotNow(f"{incident.id} is not closed.")
        return self._append(incident, e.IncidentReopened(reason=required(reason, reasons.REOPEN_INCIDENT)))
