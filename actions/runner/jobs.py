"""From a request to a job: which action it means, and everything that action is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec

from actions.action import Action
from actions.command_step import COMMAND, command_action
from actions.gate import Closed
from actions.redaction import Redactor
from actions.runner.context import RunContext
from actions.runner.facts import incident_facts
from actions.runner.output import OutputPump
from actions.runner.programs import Programs
from actions.runner.reattach import reattach_action
from actions.runner.targets import Targets
from actions.runner.worker import Append, End, Job
from actions.runner.world import World
from journal.incident.looks import REATTACH
from journal.incident.records import Run
from journal.incident.state import Incident
from journal.paths import IncidentPlace
from journal.plan.action_spec import ActionSpec
from journal.store.failover.segments import parts_of
from journal.store.journal import Journal


class Jobs:
    """Makes the jobs of one runner.

    Args:
        place: the incident's folder.
        world: what can be reached.
        incident: the incident's state, kept up to date by the runner.
        journal: where jobs write.
        append: writes an event, however long the disk refuses it; ``append_end`` with the digest of its run's output.
        try_append: writes an event or raises.
        trouble: told what keeps output from being written.
    """

    def __init__(
        self,
        place: IncidentPlace,
        world: World,
        incident: Incident,
        journal: Journal,
        *,
        append: Append,
        append_end: Callable[[End], None],
        try_append: Append,
        trouble: Callable[[str], None],
    ) -> None:
        self._place = place
        self._world = world
        self._incident = incident
        self._journal = journal
        self._append = append
        self._append_end = append_end
        self._try_append = try_append
        self._trouble = trouble
        self.targets = Targets(world.locks, incident.id, place.journal) if world.locks else None

    def use(self, world: World) -> None:
        """Have jobs that are made from now on reach ``world``."""
        self._world = world

    def action(self, run: Run) -> Action | None:
        """Return the action that ``run`` asks for, or None where nobody knows it or it is only promised."""
        step = self._incident.plan.by_id.get(run.step)
        if run.action == COMMAND:
            return command_action(step) if step else None
        if run.action == REATTACH:
            return self._reattach(run)
        found = self._world.registry.get(run.action)
        if found and step and step.destructive and step.action == run.action:
            return Action(
                msgspec.structs.replace(found.spec, destructive=True), found.function, found.target, found.live
            )
        return found

    def spec(self, run: Run) -> ActionSpec | None:
        """Return what is known of the action that ``run`` asks for, also where it is only promised."""
        action = self.action(run)
        return action.spec if action else self._world.catalogue.get(run.action)

    def job(self, run: Run, action: Action, *, reenter: bool = False, closed: Sequence[Closed] = ()) -> Job:
        """Return all that a worker needs for ``run``; ``closed`` would refuse what a dry run is for."""
        redactor = Redactor()
        pump = OutputPump(self._journal, run.id, self._trouble)
        programs = self._programs(run, redactor)
        context = RunContext(
            run=run.id,
            dry_run=run.dry_run,
            overrides=run.overrides,
            incident=incident_facts(self._incident, datetime.now(UTC)),
            files=self._place.files,
            world=self._world,
            journal=self._journal,
            pump=pump,
            redactor=redactor,
            programs=None if run.dry_run else programs,
            live=action.live,
        )
        return Job(
            run=run,
            action=action,
            redactor=redactor,
            pump=pump,
            context=context,
            programs=programs,
            append=self._append,
            append_end=self._append_end,
            try_append=self._try_append,
            targets=self.targets,
            reenter=reenter,
            closed=closed,
        )

    def _reattach(self, run: Run) -> Action | None:
        doubtful = self._incident.runs.get(run.probe_of)
        return reattach_action(doubtful, self._programs(doubtful, Redactor())) if doubtful else None

    def _programs(self, run: Run, redactor: Redactor) -> Programs:
        journal = self._place.journal
        folder = parts_of(journal)[-1].parent  # spools go where the journal went: the first disk may be full
        return Programs(run.id, run.step, folder, self._append, redactor, run.programs, journal)


def gone(run: Run) -> Action:
    """Return what stands for an action that this version does not have: it is never called."""

    def nothing(ctx: object) -> None:
        raise RuntimeError(f"{run.action} cannot be entered again")

    return Action(ActionSpec(name=run.action, title=run.action), nothing)  # type: ignore[arg-type]
