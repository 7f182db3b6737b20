"""The keys of the incident console that settle the step at the cursor: ticked, decided, done by hand, left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import App

from journal.commands import refusals
from journal.errors import CleoError
from journal.incident.called import open_items, to_take_back
from journal.incident.proposals import Decided, proposals
from journal.incident.records import StepState
from journal.plan.model import Step
from journal.wording import reasons
from screens.guidance.left_out import known_reason
from screens.guidance.names import title
from screens.guidance.next_action import skipped_together
from screens.incident.call_keys import CallKeys
from screens.incident.cursor import StepCursor
from screens.incident.pending_commands import PendingCommands
from screens.incident.pending_ticks import PendingTicks
from screens.lazy import push

if TYPE_CHECKING:
    from journal.commands.incident import IncidentCommands
    from journal.events.types import Event
    from journal.incident.records import DecisionRecord
    from journal.incident.state import Incident
    from screens.dialogs.decision import Answer


class StepKeys:
    """What a person says of a step. Where words are needed, a dialog asks for them first.

    Args:
        app: where dialogs open.
        cursor: the incident and the step.
        pending: writes what is said.
    """

    def __init__(self, app: App[Any], cursor: StepCursor, pending: PendingCommands) -> None:
        self._app = app
        self._cursor = cursor
        self._session = cursor.session
        self._pending = pending
        self._ticks = PendingTicks()
        self._calls = CallKeys(self._session)

    def tick(self, number: int) -> None:
        """Tick or untick one item, by its number; for one that stands for a call, note the call, then the answer."""
        if not self._cursor.ready or not self._cursor.is_meant():
            return
        incident, step = self._cursor.incident, self._cursor.step
        item = step.items[number - 1] if 0 < number <= len(step.items) else ""
        if (level := step.level(item)) and incident.closed_at is None:
            self._pending.expect(step.id)
            self._calls.note_next(level)
        elif item and not step.known(item) and refusals.tick(incident, step) is None:
            self._set_item(step, item, item not in self._ticks.ticked(incident, step.id))

    def _set_item(self, step: Step, item: str, checked: bool) -> None:
        what, tick = "tick an item", self._ticks.begin(step.id, item, checked)
        self._pending.expect(step.id)

        def failed(error: CleoError) -> None:
            self._ticks.forget(tick)
            self._session.post_failure(what, error)

        self._session.write(what, lambda commands: commands.check_item(step.id, item, checked), tick.written, failed)

    def decide(self, step: Step) -> None:
        """Ask for the step's decision, together with those of its group that can be asked for now."""
        decided = partial(self._decided, dict(self._cursor.incident.decisions))
        if len(proposals(self._cursor.incident, step)) > 1:
            readings = self._session.readings
            push(self._app, "proposals", self._cursor.incident, step, readings, self._ask_one, then=decided)
            return
        self._ask_one(self._cursor.incident, step, lambda given: decided([Decided(step, *given)]))

    def _ask_one(self, incident: Incident, step: Step, then: Callable[[Answer], object]) -> None:
        push(self._app, "decision", incident, step, self._session.readings, then=then)

    def _decided(self, seen: Mapping[str, DecisionRecord], answers: Sequence[Decided]) -> None:
        """Write what was decided, each answer as an event of its own; the cursor goes on when all are there."""

        def write(commands: IncidentCommands) -> Event:
            return commands.decide_all(answers, seen)[-1]

        self._pending.write(answers[0].step, "decide", write, also=[one.step for one in answers[1:]])

    def mark_done(self) -> None:
        """Ask what was done by hand, and mark the step done: this one alone, for it is a person's word."""
        step = self._cursor.step
        left = open_items(self._cursor.incident, step)
        by_hand = step.kind == "manual"
        self._ask(
            "Done by hand",
            label=f"what you did{' (may stay empty)' if by_hand else ''}",
            required="" if by_hand else reasons.DONE_BY_HAND,
            text=f"Not ticked: {'; '.join(left)}."
            if left
            else ""
            if by_hand
            else "If nobody did it: escape, then s leaves it out.",
            confirm="Done",
            then=lambda note: self._pending.write(
                step, "mark done", lambda commands: commands.mark_done(step.id, note)
            ),
        )

    def skip(self) -> None:
        """Ask why, and leave the step out, with all that nothing here does or that follows from it."""
        incident, step, catalogue = self._cursor.incident, self._cursor.step, self._session.catalogue
        steps = skipped_together(incident, step, catalogue)
        causes = [(each, known_reason(incident, each, catalogue)) for each in steps]

        def skip(why: Mapping[str, str]) -> None:
            also = [each for each in steps if each.id in why and each is not step]
            self._pending.write(step, "skip", lambda commands: commands.skip_all(why)[-1], also)

        push(self._app, "skip", incident, causes, then=skip)

    def take(self) -> None:
        """Say that this person works at the step, or does not any more."""
        step = self._cursor.step
        self._session.write("take the step", lambda commands: commands.take_or_give_back(step.id))

    def reopen(self) -> None:
        """Take back what was said of the step: of calls, what was noted last. A decision is made again."""
        step = self._cursor.step
        if level := to_take_back(self._cursor.incident, step):
            self._calls.take_back(level)
            return
        if step.decision is not None and self._cursor.incident.state(step.id) is StepState.DONE:
            self.decide(step)
            return
        self._ask(
            "Reopen",
            label="why",
            required=reasons.REOPEN,
            confirm="Reopen",
            then=lambda reason: self._session.write("reopen", lambda commands: commands.reopen(step.id, reason)),
        )

    def _ask(self, what: str, *, then: Callable[[str], object], **fields: str) -> None:
        incident = self._cursor.incident
        heading = f"{what}: {title(incident, self._cursor.step)}"
        push(self._app, "words", heading, incident.kind, then=then, **fields)
