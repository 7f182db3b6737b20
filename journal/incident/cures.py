"""What helps after a failure, or against what a look found: the plan's step that does it, or the same one otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from journal.events.types import Cure
from journal.incident.closed_gates import opener
from journal.incident.instances import instances, stuck_runs
from journal.incident.records import Run, RunState, StepState
from journal.incident.spared import struck
from journal.incident.state import Incident
from journal.plan.model import AFFECTED, Step

STUCK = (StepState.FAILED, StepState.CANCELLED)


class Remedy(NamedTuple):
    """A cure, and the step of the plan that does it."""

    cure: Cure
    step: Step


def remedy(incident: Incident, step: Step) -> Remedy | None:
    """Return what helps after the step's last run failed or was refused.

    None where no other step does it, or it was done since.
    """
    found = _first(incident, step)
    return found if found and found.step is not step else None


def without_help(incident: Incident, step: Step) -> bool:
    """Return whether the step failed of something that no step of the plan can be asked to help against.

    It is certain to fail again: what it failed of was proven, or it named what helps and that is not in the plan.
    """
    runs = stuck_runs(incident, step)
    if not runs or _first(incident, step):
        return False
    proven = any(finding.severity == "wrong" for run in runs for finding in run.findings)
    names = [cure for run in runs for cure in run.cures if cure.action or cure.decision]
    return proven or any(not any(_does(other, cure) for other in incident.plan.steps()) for cure in names)


def own_cure(incident: Incident, step: Step) -> Cure | None:
    """Return what helps after the step's last run at the step itself: other parameters, an override, work by hand.

    None where another step is to be done first, or nothing is known to help.
    """
    found = _first(incident, step)
    return found.cure if found and found.step is step else None


def helps(incident: Incident, step: Step) -> Remedy | None:
    """Return the cure for which ``step`` is to be run, though it may be done already; None where it cures nothing."""
    ran = (other for other in incident.plan.steps() if incident.steps[other.id].runs)
    found = (remedy(incident, other) for other in ran)
    return next((one for one in found if one and one.step.id == step.id), None) or _for_the_struck(incident, step)


def _for_the_struck(incident: Incident, step: Step) -> Remedy | None:
    """Return that a step is to say anew which systems are affected: one was hit since that is not among them."""
    asks = step.decision is not None and step.decision.name == AFFECTED
    found = struck(incident) if asks else None
    return Remedy(found, step) if found else None


def cure_params(incident: Incident, step: Step) -> Mapping[str, Any]:
    """Return what ``step`` is to be run with, beside what the plan gives it, to cure itself or another step.

    Nothing where it acts on several systems: what helps at one of them may harm another.
    """
    if len(instances(incident, step)) > 1:
        return {}
    cure = wanted_for(incident, step)
    return cure.params if cure and cure.action else {}


def wanted_for(incident: Incident, step: Step) -> Cure | None:
    """Return the cure for which a step is to be run: of its own failure, of another step's, or of what a look found."""
    if own := own_cure(incident, step):
        return own
    found = helps(incident, step) or found_to_help(incident, step)
    return found.cure if found else None


def advised_against(incident: Incident, step: Step) -> Cure | None:
    """Return why a step is better left out, by what the last run of another one found; None where nothing says so.

    Its own dry run counts too where it failed before it knew its target: then nothing can be confirmed.
    """
    latest = [incident.last_run(other.id) for other in incident.plan.steps()]
    latest.append(_without_target(incident, step))
    cures = (cure for run in latest if run and run.finished_at for cure in run.cures)
    return next((cure for cure in cures if step.action and cure.leave_out == step.action), None)


def taken_anew(incident: Incident, decision: str) -> Cure | None:
    """Return the cure for which a decision is to be taken, or taken anew; None where nothing failed of it."""
    asking = (step for step in incident.plan.steps() if step.decision and step.decision.name == decision)
    found = (helps(incident, step) for step in asking)
    return next((one.cure for one in found if one), None)


def found_by_looks(incident: Incident) -> Iterator[Remedy]:
    """Yield what helps at once against what the latest looks found, the best first: its step is ready.

    Of another step that succeeded it is an optional one, or one that was done before: nothing else proposes these.
    """
    last = ((step, incident.last_run(step.id)) for step in incident.plan.steps())
    ended = [(step, run) for step, run in last if run and run.finished_at]
    for step, run in sorted(ended, key=lambda one: -one[1].id):
        if not step.together and run.state is not RunState.SUCCEEDED:
            continue
        for found in _remedies(incident, run):
            state = incident.state(found.step.id)
            again = state is StepState.DONE and not step.together and found.step is not step
            if again or (state is StepState.READY and (step.together or found.step.optional)):
                yield found


def found_to_help(incident: Incident, step: Step) -> Remedy | None:
    """Return the cure for which ``step`` is to be run by what another one found as it succeeded; None: none."""
    return next((one for one in found_by_looks(incident) if one.step is step), None)


def _first(incident: Incident, step: Step) -> Remedy | None:
    """Return what helps first; of several systems, at the latest one that is not well and that something helps.

    Of a step whose dry run failed last, that is what helps against it: it would fail of the same.
    """
    found = next((found for run in stuck_runs(incident, step) if (found := _for(incident, run, step))), None)
    tried = None if found else _tried(incident, step)
    return next(_remedies(incident, tried, step), None) if tried else found


def _tried(incident: Incident, step: Step) -> Run | None:
    """Return the last run of a step that is not settled, where that was a dry one that failed."""
    last = next((run for run in reversed(incident.runs.values()) if run.step == step.id), None)
    failed = last and last.dry_run and last.state is RunState.FAILED
    return last if failed and not incident.settled(step.id) else None


def _without_target(incident: Incident, step: Step) -> Run | None:
    """Return the step's last run where that was a dry one that failed before it knew its target."""
    tried = _tried(incident, step)
    return tried if tried and not tried.target else None


def _for(incident: Incident, run: Run, step: Step) -> Remedy | None:
    if run.state is RunState.REFUSED and not incident.settled(step.id):
        return _opens(incident, run, step)
    return next(_remedies(incident, run, step), None) if incident.state(step.id) in STUCK else None


def _opens(incident: Incident, run: Run, refused: Step) -> Remedy | None:
    """Return the step that opens the gate which refused a run, or the decision that ruled that step out.

    None where none does, or it was done since.
    """
    named = opener(incident, run.refusal.opens) if run.refusal else None
    step = _way(incident, named) if named else None
    if step is None or step is refused or run.refusal is None or not _helps_yet(incident, step, run):
        return None
    return Remedy(Cure(words=run.refusal.message), step)


def _remedies(incident: Incident, run: Run, failed: Step | None = None) -> Iterator[Remedy]:
    for cure in (cure for cure in run.cures if not cure.leave_out):
        if failed and (cure.action == failed.action or not (cure.action or cure.decision)):
            yield Remedy(cure, failed)
            continue
        for step in incident.plan.steps():
            way = _way(incident, step) if _does(step, cure) else None
            if way and way is not failed and _helps_yet(incident, way, run):
                yield Remedy(cure, way)


def _does(step: Step, cure: Cure) -> bool:
    if cure.decision:
        return step.decision is not None and step.decision.name == cure.decision
    return bool(cure.action) and step.action == cure.action


def _way(incident: Incident, step: Step) -> Step | None:
    """Return the step, or the decision that ruled it out, which is then to be taken anew; None where none did."""
    if incident.state(step.id) is not StepState.NOT_APPLICABLE:
        return step
    against = [
        name
        for name, wanted in step.when.items()
        if (answer := incident.answers.get(name)) and not _among(answer, wanted)
    ]
    decided = {other.decision.name: other for other in incident.plan.steps() if other.decision}
    return decided.get(against[0]) if len(against) == 1 else None


def _among(answer: str, wanted: list[str]) -> bool:
    return any(part.strip() in wanted for part in answer.split(","))


def _helps_yet(incident: Incident, step: Step, run: Run) -> bool:
    """Whether a step applies, and was not tried after the run that it helps against."""
    record = incident.steps[step.id]
    since = record.at and run.finished_at and record.at > run.finished_at
    tried = since and (incident.settled(step.id) or incident.state(step.id) in STUCK)
    return incident.state(step.id) is not StepState.NOT_APPLICABLE and not (tried or _done_since(incident, step, run))


def _done_since(incident: Incident, step: Step, run: Run) -> bool:
    """Whether the step's action was done after a run at the same system, as a run that counts for no step."""
    runs = (one for one in incident.runs.values() if one.id > run.id and one.changes_step and not one.step)
    return any((one.action, one.system, one.state) == (step.action, run.system, RunState.SUCCEEDED) for one in runs)
