"""Builds a job from a run request: the action to execute and everything that it needs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from actions.action import Action
from actions.command_step import COMMAND, command_action
from actions.gate import Closed
from actions.redaction import Redactor
from actions.runner.context import RunContext
from actions.runner.facts import incident_facts, noted_calls
from actions.runner.programs import Programs
from actions.runner.reattach import reattach_action
from actions.runner.targets import Targets
from actions.runner.worker import Job
from actions.runner.world import World
from actions.runner.writes import Writes
from journal.incident.looks import REATTACH
from journal.incident.records import Run
from journal.incident.state import Incident
from journal.paths import IncidentPlace
from journal.plan.action_spec import ActionSpec


class Jobs:
    """Makes the jobs of one runner.

    Args:
        place: the incident's folder.
        world: what can be reached.
        incident: the incident's state, kept up to date by the runner.
        writes: how events are written.
    """

    def __init__(self, place: IncidentPlace, world: World, incident: Incident, writes: Writes) -> None:
        self._place = place
        self._world = world
        self._incident = incident
        self._writes = writes
        self.targets = Targets(world.locks, incident.id, place.journal) if world.locks else None

    def use(self, world: World) -> None:
        """Have jobs that are made from now on reach ``world``."""
        self._world = world

    def action(self, run: Run) -> Action | None:
        """Return the action that ``run`` asks for, or None where it is unknown or only planned."""
        step = self._incident.plan.by_id.get(run.step)
        if run.action == COMMAND:
            begun = bool(run.programs)
            return command_action(step, None if begun else self._incident.plan_folder) if step else None
        if run.action == REATTACH:
            return self._reattach(run)
        found = self._world.registry.get(run.action)
        if found and step and step.destructive and step.action == run.action:
            return Action(
                msgspec.structs.replace(found.spec, destructive=True), found.function, found.target, found.live
            )
        return found

    def spec(self, run: Run) -> ActionSpec | None:
        """Return what is known of the action that ``run`` asks for, also where it is only planned."""
        action = self.action(run)
        return action.spec if action else self._world.catalogue.get(run.action)

    def job(self, run: Run, action: Action, *, reenter: bool = False, closed: Sequence[Closed] = ()) -> Job:
        """Return all that a worker needs for ``run``; ``closed`` would refuse what a dry run is for."""
        context = RunContext(
            run,
            action,
            incident=incident_facts(self._incident, run.system, self._writes.journal.now()),
            place=self._place,
            world=self._world,
            writes=self._writes,
            calls=lambda: noted_calls(self._incident),
        )
        seconds = self._world.seconds
        return Job(run, action, context, self._writes, self.targets, reenter=reenter, closed=closed, seconds=seconds)

    def _reattach(self, run: Run) -> Action | None:
        doubtful = self._incident.runs.get(run.probe_of)
        if doubtful is None:
            return None
        return reattach_action(doubtful, Programs(doubtful, self._place.journal, self._writes.append, Redactor()))


def gone(run: Run) -> Action:
    """Return what stands for an action that this version does not have: it is never called."""

    def nothing(ctx: object) -> None:
        raise RuntimeError(f"{run.action} cannot be entered again")

    return Action(ActionSpec(name=run.action, title=run.action), nothing)  # type: ignore[arg-type]
