"""Steps that act on several systems of the inventory: on which, and the step's state over all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from journal.incident.records import InstanceRecord, RunState, StepRecord, StepState
from journal.incident.roster import able, players

if TYPE_CHECKING:
    from journal.events.run import KnownSystem
    from journal.incident.records import Run
    from journal.incident.state import Incident
    from journal.plan.model import Step

_GRAVEST_FIRST = (
    StepState.FAILED,
    StepState.IN_DOUBT,
    StepState.CANCELLING,
    StepState.RUNNING,
    StepState.REQUESTED,
    StepState.CANCELLED,
    None,
    StepState.LOOKED,
    StepState.FOUND,
    StepState.TRIED,
    StepState.SKIPPED,
    StepState.IMPOSSIBLE,
    StepState.NEEDLESS,
    StepState.MARKED_DONE,
    StepState.DONE,
)
"""The state of a step over several systems is the gravest of theirs; None: nothing happened at that system yet."""
_STUCK = (RunState.FAILED, RunState.CANCELLED, RunState.REFUSED)
_WORST_FIRST = {"down": 0, "not answering": 1, "not measured": 2, "degraded": 2, "up": 3}
_LOUD = {StepState.FAILED: "FAILED", StepState.IN_DOUBT: "IN DOUBT"}


def instances(incident: Incident, step: Step) -> list[str]:
    """Return the systems that a step acts on, one run each; none where its action is about all, or none is known.

    What takes back what is in force acts also where that is, whatever is said to be affected by now.
    """
    found = acted_on(incident, step, incident.roster.systems.values())
    held = [system.name for system in able(incident.roster.systems.values(), step.action)] if incident.in_force else []
    return [*found, *(name for name in held if name not in found and incident.takes_back(step.action, name))]


def acted_on(incident: Incident, step: Step, known: Iterable[KnownSystem]) -> list[str]:
    """Return those of an inventory's systems that a step acts on: they play its system, and are affected."""
    systems = able(known, step.action)
    if not step.system:
        return [system.name for system in systems]
    affected = incident.affected.get(step.system)
    return [name for name in players(systems, step.system) if not affected or name in affected]


def waiting(incident: Incident, step: Step) -> list[str]:
    """Return the systems at which a step is neither done, under way nor in doubt; none where it has but one."""
    states = _states(incident, step)
    return [name for name, state in states.items() if not (state and _taken(state))] if len(states) > 1 else []


def _states(incident: Incident, step: Step) -> dict[str, StepState | None]:
    """Return a step's state at each system that it acts on; None where nothing happened yet."""
    each = incident.steps[step.id].each
    return {name: each[name].state if name in each else None for name in instances(incident, step)}


def _taken(state: StepState) -> bool:
    return state.active or state.settled or state is StepState.IN_DOUBT


def unmet(incident: Incident, step: Step, system: str) -> list[str]:
    """Return the steps that must come before a step at one system, and are settled neither there nor as a whole."""
    return [needed for needed in incident.unmet(step) if not _settled_at(incident, needed, system)]


def _settled_at(incident: Incident, step_id: str, system: str) -> bool:
    found = incident.steps[step_id].each.get(system)
    return found is not None and found.state is not None and found.state.settled


def stuck_runs(incident: Incident, step: Step) -> list[Run]:
    """Return the runs that a step is stuck by, the latest first: of several systems, the last one at each not done.

    Where none of them failed or was refused, the step's last run.
    """
    states = _states(incident, step)
    if len(states) > 1:
        open_ = [name for name, state in states.items() if not (state and (state.active or state.settled))]
        last = (incident.last_run(step.id, name) for name in open_)
        if found := [run for run in last if run and run.state in _STUCK]:
            return sorted(found, key=lambda run: -run.id)
    run = incident.last_run(step.id)
    return [run] if run else []


def ready(incident: Incident, step: Step) -> list[str]:
    """Return the systems at which a step waits for nothing; none where it acts on a single one."""
    return [name for name in waiting(incident, step) if not unmet(incident, step, name)]


def left(incident: Incident, step: Step) -> list[str]:
    """Return the systems that a step is asked for at: where it waits, else is in doubt, else is not under way.

    Where what must come before is settled at some of them, it is asked for at those. The ones that are down come first,
    the ones that are up last: who goes on with enter meets what is broken.
    """
    states = _states(incident, step)
    if len(states) < 2:  # the step's own state tells
        return list(states)
    doubtful = [name for name, state in states.items() if state is StepState.IN_DOUBT]
    idle = [name for name, state in states.items() if not (state and state.active)]
    found = ready(incident, step) or waiting(incident, step) or doubtful or idle
    return sorted(found, key=lambda name: _gravity(incident, name))


def _gravity(incident: Incident, system: str) -> int:
    known = incident.health.get(system)
    return _WORST_FIRST.get(known.status, 2) if known else 2


def counts(incident: Incident, step: Step) -> str:
    """Return a step's progress over its systems: ``37/40 done · 2 running · 1 FAILED``; empty for a single system."""
    states = list(_states(incident, step).values())
    if len(states) < 2:
        return ""
    settled = sum(1 for state in states if state and state.settled and not state.by_evidence)
    apart = [state for state in _GRAVEST_FIRST if state and (state.by_evidence or not state.settled)]
    others = {state: states.count(state) for state in apart}
    said = [f"{number} {_LOUD.get(state, state)}" for state, number in reversed(others.items()) if number]
    return " · ".join([f"{settled}/{len(states)} done", *said])


def settle(record: StepRecord, names: Sequence[str]) -> None:
    """Give a step the state and the note of the gravest of its systems; it is done when the last of them is."""
    found = {name: record.each.get(name, InstanceRecord()) for name in names}
    name, gravest = min(found.items(), key=lambda item: _GRAVEST_FIRST.index(item[1].state))
    record.state = gravest.state
    record.note = f"{name}: {gravest.note}" if gravest.note and len(names) > 1 else gravest.note
    record.by, record.at, record.started_at = gravest.by, gravest.at, gravest.started_at
    if gravest.state and gravest.state.settled:
        record.at = max((one.at for one in found.values() if one.at), default=None)


def settle_all(incident: Incident) -> None:
    """Sum up every step anew: other systems are affected now."""
    for step in incident.plan.steps():
        record = incident.steps[step.id]
        if record.each and (names := instances(incident, step)):
            settle(record, names)
