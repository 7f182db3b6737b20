"""What every command to an incident is checked against, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from journal.commands import refusals
from journal.commands.refusals import NotNow, raise_if
from journal.events import types as e
from journal.events.typed import without_secrets

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.model import Step
    from journal.store.journal import Journal

_NO_SECRET = "Leave it out: actions read secrets themselves. Where it only looks like one, change that password."


class Commands:
    """What one person writes into one incident. Every method that writes blocks until its event is durable.

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
        raise_if(refusals.while_closed(self._incident()))
        return self._incident()

    def _may_run(self, action: str) -> None:
        """What takes back a hold or a block that is still in force can be asked for after the close, too."""
        if not self._incident().takes_back(action):
            self._open()

    def _step(self, step_id: str) -> Step:
        self._open()
        return self._known_step(step_id)

    def _known_step(self, step_id: str) -> Step:
        try:
            return self._incident().plan.by_id[step_id]
        except KeyError:
            raise NotNow(f"The plan has no step {step_id!r}.", "See the ids with: cleo plan show") from None

    def _not_active(self, step: Step, system: str = "") -> None:
        raise_if(refusals.while_active(self._incident(), step, system))


def required(text: str, complaint: str) -> str:
    """Return a text without blanks around it, or raise ``NotNow`` with ``complaint`` where there is none."""
    if not text.strip():
        raise NotNow(complaint)
    return text.strip()
