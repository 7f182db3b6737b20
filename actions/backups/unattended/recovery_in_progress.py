"""Whether an open incident recovers what an unattended backup is about: then none is taken, be it held or not.

A hold is what an incident asks of others, and may be overridden, released or forgotten. What it does to a system stands
in its journal. Known are the incidents of this machine, by their claims and by what they announce.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from actions.backups.engine import BackupEngine
from actions.backups.holding import GATE
from actions.context import ActionContext
from actions.registry import catalogue
from actions.runner.other_incidents import announced_on
from actions.runner.targets import claim_keys, claims_on
from journal.errors import CleoError
from journal.events.types import Identity
from journal.incident.fold import fold_journal
from journal.incident.records import Run, RunState, StepState
from journal.incident.state import Incident
from journal.wording.instants import clock

DATA, REPOSITORY = "data directory", "repository"
"""What a backup uses of a system, as the identities of its target are called."""
_RELEASE = "backups.release"


class CannotTell(CleoError):
    """An incident may be at work at the system, and its journal cannot be read."""


def recovery_in_progress(locks: Path, ctx: ActionContext, engine: BackupEngine, uses: Sequence[str]) -> str:
    """Return what an open incident does to the context's system, for which no backup may be taken; empty: nothing.

    In the way is a run that changes what is used, under way or in doubt. Where the data directory is used, so is data
    that was proven wrong, and a restore that nobody verified, and after which nobody released the backups.

    Args:
        locks: the folder of claims and announcements.
        ctx: the context of what is to be done.
        engine: the engine of its system's backups.
        uses: what it uses of the system: `DATA`, `REPOSITORY`.

    Raises:
        CannotTell: nobody can tell.
        CleoError: a claim is damaged, or the system's identity cannot be told.
    """
    if not any(locks.glob("*.json")):
        return ""
    target, system = engine.target(ctx, ctx.system), ctx.system
    known = {journal: (incident, set[str]()) for journal, incident in claims_on(locks, target, uses).items()}
    for journal, incident, name in announced_on(locks, ctx.inventory, system):
        known.setdefault(journal, (incident, set()))[1].add(name)
    verify = ctx.inventory.type_of(system).role("verify")
    for journal, (incident, names) in known.items():
        state = _open_incident(journal, incident)
        if state and (why := next(_reasons(state, names | _names(state, target, uses), uses, verify), "")):
            return f"{incident} {why}"
    return ""


def _open_incident(journal: Path, incident: str) -> Incident | None:
    """Return the state of an incident; None: it is closed, or gone.

    Raises:
        CannotTell: its journal cannot be read.
    """
    if not journal.exists():
        return None
    try:
        found = fold_journal(journal)
    except (CleoError, OSError) as error:
        hint = f"Look who may read it. If {incident} is over, close it, or move its folder away."
        raise CannotTell(f"What {incident} does here cannot be told: {journal}: {error}.", hint) from error
    return None if found.closed_at else found


def _names(incident: Incident, target: Sequence[Identity], uses: Sequence[str]) -> set[str]:
    """Return how an incident calls the system: by the runs whose target it is."""
    ours = set(claim_keys(target, uses).values())
    return {run.system for run in incident.runs.values() if ours & set(claim_keys(run.target, uses).values())}


def _reasons(incident: Incident, names: Collection[str], uses: Sequence[str], verify: str) -> Iterator[str]:
    """Yield what an incident does, or found, at the systems of these names."""
    runs = [run for run in incident.runs.values() if run.changes_step and run.system in names]
    for run in runs:
        if _changes(run, uses) and run.state in (RunState.REQUESTED, RunState.RUNNING, RunState.CANCELLING):
            yield f"works on it: {run.action} is {run.state} since {clock(run.started_at or run.requested_at)}"
        elif _changes(run, uses) and run.state is RunState.IN_DOUBT:
            yield f"cannot tell what became of {run.action} ({run.in_doubt}): settle that first"
    if DATA not in uses:
        return
    for name in names & incident.found_wrong.keys():
        yield f"found its data wrong: {incident.found_wrong[name]}; a backup now would hold the damage"
    if (restore := _last_restore(runs)) and not _ended(incident, runs, restore, verify):
        at = clock(restore.started_at or restore.requested_at)
        yield (
            f"restored it ({restore.action}, {at}: {restore.state}), and nobody verified it since ({verify}) or "
            f"released the backups ({_RELEASE})"
        )


def _changes(run: Run, uses: Sequence[str]) -> bool:
    """Whether a run changes what is used; of an action that is not known here only that it was destructive."""
    spec = catalogue().get(run.action)
    if spec is None or not spec.touches:
        return run.destructive or bool(spec and spec.destructive)
    return bool(set(spec.touches) & set(uses))


def _last_restore(runs: Sequence[Run]) -> Run | None:
    """Return the last run that began to replace the data: the actions that want the backups held."""
    specs = catalogue()
    begun = [run for run in runs if run.started_at and GATE in getattr(specs.get(run.action), "gates", ())]
    return max(begun, key=lambda run: run.id, default=None)


def _ended(incident: Incident, runs: Sequence[Run], restore: Run, verify: str) -> bool:
    """Whether what was restored was verified since, or the backups were released by somebody who knows."""
    enough = (verify, _RELEASE)
    done = any(
        run.action in enough and run.id > restore.id and run.state is RunState.SUCCEEDED and not run.partial
        for run in runs
    )
    by_hand = (incident.state(step.id) for step in incident.plan.steps() if step.action in enough)
    return done or StepState.MARKED_DONE in by_hand
