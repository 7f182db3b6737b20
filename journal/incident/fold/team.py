"""What people say of themselves: at which step they work, and what they are in the incident."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from journal.events import types as e
from journal.incident.team import HeldRole, Work

if TYPE_CHECKING:
    from journal.incident.state import Incident


def _taken(incident: Incident, event: e.Event, body: e.StepTaken) -> None:
    incident.team.work[body.step] = Work(event.actor, event.at)


def _given_back(incident: Incident, event: e.Event, body: e.StepGivenBack) -> None:
    work = incident.team.work.get(body.step)
    if work and work.by == event.actor:
        del incident.team.work[body.step]


def _role(incident: Incident, event: e.Event, body: e.RoleTaken) -> None:
    """Give the role; whoever led or wrote down until then is a responder from now on."""
    roles = incident.team.roles
    before = incident.team.holder(body.name) if body.name != "responder" else ""
    if before:
        roles[before] = HeldRole("responder", event.at)
    roles[event.actor] = HeldRole(body.name, event.at)


HANDLERS: dict[type[e.Body], Callable[[Incident, e.Event, Any], None]] = {
    e.StepTaken: _taken,
    e.StepGivenBack: _given_back,
    e.RoleTaken: _role,
}
