"""Which system's log is shown at a step: of those that it acts on, else of what is down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from actions.system_types import role
from journal.incident.instances import instances
from journal.incident.records import StepState
from journal.incident.state import Incident
from journal.plan.action_spec import Catalogue
from journal.plan.model import Step


class Log(NamedTuple):
    """The action that shows a log, and the system that it shows it of."""

    action: str
    system: str


def log_of(incident: Incident, step: Step, catalogue: Catalogue) -> Log | None:
    """Return the log to show at a step; None where no system has one that can be shown.

    Args:
        incident: its state.
        step: the step at the cursor.
        catalogue: the actions there are.
    """
    for name in _failing_first(incident, step):
        known = incident.roster.systems.get(name)
        action = role(known.type if known else name, "log")
        spec = catalogue.get(action)
        if spec and spec.available:
            return Log(action, name)
    return None


def log_helps(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    """Return whether a log is worth a look now: the step failed, or its system was measured and is not up."""
    log = log_of(incident, step, catalogue)
    if log is None:
        return False
    measured = log.system in incident.health and not _is_up(incident, log.system)
    return measured or incident.state(step.id) is StepState.FAILED


def _failing_first(incident: Incident, step: Step) -> Iterator[str]:
    """Yield the systems that the step acts on, then all others, each time those that are not up first."""
    own = instances(incident, step) or (incident.roster.players(step.system) if step.system else [])
    for names in (own, incident.roster.shown):
        yield from sorted(names, key=lambda name: _is_up(incident, name))


def _is_up(incident: Incident, name: str) -> bool:
    health = incident.health.get(name)
    return health is not None and health.status == "up"
