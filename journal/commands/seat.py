"""What every command to an incident is checked against, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from journal.errors import CleoError
from journal.events import types as e
from journal.events.typed import without_secrets
from journal.incident.records import InstanceRecord, StepState

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.model import Step
    from journal.store.journal import Journal

_NO_SECRET = "Leave it out: actions read secrets themselves. Where it only looks like one, change that password."
_CLOSED = "Write a note (cleo note), or go on with it (cleo reopen)."


class NotNow(CleoError):
    """What was asked for makes no sense in the incident's present state."""


class Seat:
    """One person's place at one incident. Every method that writes blocks until its event is durable.

    Args:
        journal: the incident's journal, opened for this person.
        incident: gives the state as it is now.
    """

    def __init__(self, journal: Journal, incident: Callable[[], Incident]) -> None:
        self._journal = journal
        self._incident = incident

    def _append(self, body: e.Body) -> e.Event:
        """Write what was typed, without secrets."""
        return self._append_all([body])[0]

    def _append_all(self, bodies: Sequence[e.Body]) -> list[e.Event]:
        """Write several events, all or none of them."""
        blotted = [without_secrets(body, self._journal.blot, self._targets) for body in bodies]
        return list(self._journal.append(*blotted))

    def _targets(self) -> set[str]:
        """Return the identities that people were shown, and type."""
        return {identity.value for run in self._incident().runs.values() for identity in run.target}

    def _refuse_secret(self, what: str, value: object) -> None:
        """What steers a run cannot be blotted out: it would steer it elsewhere."""
        if isinstance(value, str) and self._journal.blot(value) != value:
            raise NotNow(f"{what} holds a secret of the inventory, and the journal would keep it.", _NO_SECRET)

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

    def _not_active(self, step: Step, system: str = "") -> None:
        """Refuse what is under way or in doubt: at one of the step's systems, or anywhere."""
        each = self._incident().steps[step.id].each
        one = each.get(system) or InstanceRecord() if system and each else None
        state, on = (one.state, f" on {system}") if one else (self._incident().state(step.id), "")
        if state and state.active:
            raise NotNow(f"{step.title} is {state}{on}.", "Wait for it, or cancel it.")
        if state is StepState.IN_DOUBT:
            raise NotNow(f"{step.title} is in doubt{on}.", "Look what it left, then say done, failed or run again.")


def required(text: str, complaint: str) -> str:
    """Return a text without blanks around it, or raise ``NotNow`` with ``complaint`` where there is none."""
    if not text.strip():
        raise NotNow(complaint)
    return text.strip()
