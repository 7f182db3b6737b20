"""What every command to an incident is checked against, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
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

    Each takes the state once, since that may mean to read the whole journal: it checks against it, then writes.

    Args:
        journal: the incident's journal, opened for this person.
        incident: gives the state as it is now.
    """

    def __init__(self, journal: Journal, incident: Callable[[], Incident]) -> None:
        self._journal = journal
        self._incident = incident

    def _append(self, incident: Incident, body: e.Body) -> e.Event:
        """Write what was typed, without secrets. ``incident`` is the state that ``body`` was checked against."""
        return self._append_all(incident, [body])[0]

    def _append_all(self, incident: Incident, bodies: Sequence[e.Body]) -> list[e.Event]:
        """Write several events, all or none of them."""
        shown = cache(lambda: {identity.value for run in incident.runs.values() for identity in run.target})
        return list(self._journal.append(*(without_secrets(body, self._journal.blot, shown) for body in bodies)))

    def _refuse_secret(self, what: str, value: object) -> None:
        """Raise where a text that steers a run holds a secret: blotted out, it would steer the run elsewhere."""
        if isinstance(value, str) and self._journal.blot(value) != value:
            raise NotNow(f"{what} holds a secret of the inventory, and the journal would keep it.", _NO_SECRET)

    def _open(self) -> Incident:
        """Return the incident, which must be open."""
        incident = self._incident()
        raise_if(refusals.while_closed(incident))
        return incident


def known_step(incident: Incident, step_id: str) -> Step:
    """Return a step of the plan by its id, or raise ``NotNow``."""
    try:
        return incident.plan.by_id[step_id]
    except KeyError:
        raise NotNow(f"The plan has no step {step_id!r}.", "See the ids with: cleo plan show") from None


def required(text: str, complaint: str) -> str:
    """Return a text without blanks around it, or raise ``NotNow`` with ``complaint`` where there is none."""
    if not text.strip():
        raise NotNow(complaint)
    return text.strip()
