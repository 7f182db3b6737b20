"""How an incident ended, in a sentence for each system: what its journal knows, and nothing that was not measured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from journal.incident.affected import is_hit
from journal.incident.records import RunState, StepState
from journal.wording.durations import loss_duration
from journal.wording.instants import clock

if TYPE_CHECKING:
    from journal.incident.loss import Loss
    from journal.incident.records import Run
    from journal.incident.state import Incident

_RECOVERS = {"start": "started", "restore": "restored", "promote": "standby promoted"}
"""What brings a system back, by the part that its action plays, and in which words."""
_VERIFY, _STOP, _ALLOW = "verify", "stop_writers", "allow_writers"


def ending(incident: Incident) -> str:
    """Return how the incident ended, by its journal.

    Of each system that was acted on or is affected: how it came back, whether that was verified since, whether writers
    were let in, and what was lost; or that it did not come back. What nobody measured is said as not measured.
    """
    told = [_system(incident, name) for name in incident.roster.shown if _is_told_of(incident, name)]
    return " ".join(told) or "No recovery action was run, and no system was named as affected."


def _is_told_of(incident: Incident, system: str) -> bool:
    return is_hit(incident, system) or any(_last(incident, system, part) for part in _RECOVERS)


def _system(incident: Incident, system: str) -> str:
    found = [run for part in _RECOVERS if (run := _last(incident, system, part))]
    said = _recovered(incident, system, found) if found else _by_hand(incident, system)
    return f"{incident.roster.title(system)}: {', '.join(said)}."


def _recovered(incident: Incident, system: str, found: list[Run]) -> Iterator[str]:
    since = max(_end(run) for run in found)
    yield _how(incident, system, max(found, key=lambda run: (_part(run) != "start", _end(run))))
    yield from _not_up(incident, system)
    yield _verified(incident, system, since)
    yield from _writers(incident, system, since)
    yield _lost(incident.loss(system))


def _how(incident: Incident, system: str, back: Run) -> str:
    health, part = incident.health.get(system), _part(back)
    was_down = health is not None and health.down_at is not None and health.down_at <= _end(back)
    if part == "start":
        return f"{'started again' if was_down else 'up after its start'} {clock(_end(back))}"
    backup = back.facts.get("backup")
    of = f" from backup {backup}" if part == "restore" and backup else ""
    return f"{_RECOVERS[part]}{of} {clock(_end(back))}"


def _not_up(incident: Incident, system: str) -> Iterator[str]:
    health = incident.health.get(system)
    if health is None:
        yield "health not measured"
    elif health.status != "up":
        yield f"{health.status} when last looked at"


def _verified(incident: Incident, system: str, since: datetime) -> str:
    last = _last(incident, system, _VERIFY, RunState.SUCCEEDED, RunState.FAILED)
    if last is None or _end(last) < since:
        return "not verified since"
    if last.state is RunState.FAILED:
        return f"verification FAILED {clock(_end(last))}"
    found = f" with {len(last.warnings)} findings" if last.warnings else ""
    return f"{'verified in part' if last.partial else 'verified'} {clock(_end(last))}{found}"


def _writers(incident: Incident, system: str, since: datetime) -> Iterator[str]:
    stopped, allowed = _last(incident, system, _STOP), _last(incident, system, _ALLOW)
    if allowed and (stopped is None or _end(allowed) > _end(stopped)) and _end(allowed) > since:
        yield f"writers let in {clock(_end(allowed))}"
    elif stopped and (allowed is None or _end(allowed) < _end(stopped)):
        yield "writers still kept out"


def _lost(loss: Loss | None) -> str:
    """Return what was lost; the start of the disruption that a person typed measures nothing."""
    if loss is None or (loss.at_most is None and not loss.at_least):
        return "loss not measured"
    if loss.at_most is None:
        return f"{loss_duration(loss.at_least, 'at least')} lost, measured"
    return f"{loss_duration(loss.at_most, '' if loss.exact else 'at most')} lost, measured"


def _by_hand(incident: Incident, system: str) -> Iterator[str]:
    """Yield how a system is that no action of ours brought back, and what people say that they did to it."""
    health = incident.health.get(system)
    status = f"{health.status} when last looked at" if health else "not measured"
    up = health is not None and health.status == "up"
    yield f"no action brought it back, {status}" if up else f"did not come back, {status}" if health else status
    of_it = [step for step in incident.in_state(StepState.MARKED_DONE) if step.system]
    said = [incident.plan.numbers[one.id] for one in of_it if system in incident.roster.players(one.system)]
    yield from [f"said to be done by hand: {', '.join(said)}"] if said else ()


def _last(incident: Incident, system: str, part: str, *states: RunState) -> Run | None:
    """Return the latest run at a system of the action that plays a part; ``states``: how it ended, well if none."""
    wanted = states or (RunState.SUCCEEDED,)
    runs = (run for run in incident.runs.values() if run.changes_step and _part(run) == part and run.state in wanted)
    return max((run for run in runs if _at(incident, run, system)), key=_end, default=None)


def _at(incident: Incident, run: Run, system: str) -> bool:
    if run.system:
        return run.system == system
    step = incident.plan.by_id.get(run.step)
    return step is not None and system in incident.roster.players(step.system)


def _part(run: Run) -> str:
    return run.action.partition(".")[2]


def _end(run: Run) -> datetime:
    return run.finished_at or run.requested_at
