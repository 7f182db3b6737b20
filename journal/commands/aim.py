"""Which systems a run is aimed at, and which step it counts for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from journal.commands.refusals import NotNow
from journal.incident.instances import instances, left
from journal.incident.records import StepState
from journal.incident.roster import able

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.model import Step


_DONE_BY_NOBODY = (
    StepState.READY,
    StepState.WAITING,
    StepState.FAILED,
    StepState.CANCELLED,
    StepState.NEEDLESS,
    StepState.IMPOSSIBLE,
)
"""A look may have settled it: it can be asked for all the same."""


def aim(incident: Incident, step: Step, on: Sequence[str]) -> list[str]:
    """Return the systems that a step is asked for at: those in ``on``, else where it is not done.

    Before the runner has read the inventory, and where there is none, ``on`` is returned as it is: the runner judges.

    Raises:
        NotNow: the step does not act on one of them.
    """
    wanted = list(dict.fromkeys(on))
    if not incident.roster.systems:
        return wanted
    names = instances(incident, step)
    if strange := [name for name in wanted if name not in names]:
        raise NotNow(
            f"{step.title} does not act on {', '.join(strange)}.",
            _acts_on(incident, step, names),
        )
    return wanted or left(incident, step)


def _acts_on(incident: Incident, step: Step, names: Sequence[str]) -> str:
    """Return on what a step acts, for somebody who named something else."""
    if names:
        narrowed = step.system in incident.affected
        return f"It acts on: {', '.join(names)}{' (decided as affected)' if narrowed else ''}."
    if able(incident.roster.systems.values(), step.action):
        return f"Nothing in the inventory that is affected plays {step.system}."
    return "It acts on no single system of the inventory: leave out --on."


def the_one_meant(names: Sequence[str], system: str, action: str) -> str:
    """Return the one system that is meant; empty where none is known: the runner knows its inventory.

    Raises:
        NotNow: there are several, or it is none of them.
    """
    if system and names and system not in names:
        raise NotNow(f"{action} cannot act on {system}.", f"It can act on: {', '.join(names)}.")
    if not system and len(names) > 1:
        raise NotNow(f"{action} can act on several systems: {', '.join(names)}.", "Say on which: --on NAME.")
    return system or next(iter(names), "")


def step_for(incident: Incident, action: str, system: str) -> Step | None:
    """Return the first step that is bound to an action, was done by nobody and acts on ``system``."""
    bound = [step for step in incident.in_state(*_DONE_BY_NOBODY) if step.action == action]
    return next((step for step in bound if not system or system in (instances(incident, step) or [system])), None)
