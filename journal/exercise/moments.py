"""The moments of an exercise: what happened, by a name that a script can use, and when.

| name | when |
|---|---|
| ``started:ACTION`` | a run of it that counts began |
| ``weighed:ACTION`` | a run of it that counts began, or a look found it needless or impossible |
| ``action:ACTION`` | a run of it succeeded, or its step was marked done by hand |
| ``ran:ACTION`` | a run of it succeeded; nobody's word stands for it |
| ``failed:ACTION``, ``cancelled:ACTION`` | a run of it failed; it was cancelled |
| ``again``, ``again:ACTION`` | a run began, as one that had failed, and nothing was changed in between |
| ``made:WORD=VALUE`` | a run changed the simulated world so |
| ``fact:ACTION.NAME=VALUE`` | a run of it ended with this fact (``true`` and ``false`` for a bool) |
| ``step:STEP`` | the step was done, decided or marked done |
| ``documented:STEP`` | the step was marked done with a note, or a note was written on it |
| ``undocumented:STEP`` | a step done by hand is left without any note in the end |
| ``skipped:STEP`` | the step was left out |
| ``decision:NAME`` | the decision was made for the first time |
| ``stands:NAME=ANSWER`` | the answer that stands in the end was given |
| ``reasoned:NAME`` | the answer that stands in the end has a reason |
| ``stands:point=sound``, ``stands:point=damaged`` | the recovery point that stands lies before, or after, the damage |
| ``override:GATE`` | a run began for which the gate was overridden |
| ``inject:ID`` | the inject was given |
| ``replied:ID``, ``replied:ID=CHOICE`` | it was answered in words; with this choice |
| ``note`` | somebody wrote a note |
| ``paged:LEVEL``, ``answered:LEVEL`` | somebody was called; somebody answered |
| ``answered:team`` | in the end, all levels have answered that the response team that was decided needs |
| ``health:SYSTEM=STATUS`` | a probe found a system in this status |
| ``rto:TIER``, ``rpo:SYSTEM`` | the objective was measured, and met |
| ``closed`` | the incident was closed |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from journal.events import types as e
from journal.exercise.retries import Retries
from journal.exercise.script import MAKES
from journal.incident import clocks
from journal.incident.called import needed_levels
from journal.incident.records import StepState
from journal.incident.recovery_point import RecoveryPoint, read
from journal.plan.model import RECOVERY_POINT

if TYPE_CHECKING:
    from journal.exercise.script import Exercise
    from journal.incident.state import Incident
    from journal.plan.model import Plan

Moments = dict[str, list[datetime]]
"""When each moment was reached, in order."""


def moments(incident: Incident, events: Iterable[e.Event], script: Exercise) -> Moments:
    """Return every moment of an incident that was an exercise.

    Args:
        incident: its state after the last event.
        events: all of them, in order.
        script: says when data was damaged, and what its backups hold.
    """
    found: Moments = defaultdict(list)
    retries = Retries()
    for event in events:
        for name in live_moments(incident, event):
            found[name].append(event.at)
        if action := retries.take(event):
            found["again"].append(event.at)
            found[f"again:{action}"].append(event.at)
    for name, at in [*_standing(incident, script), *_team_answered(incident), *_undocumented(incident, found)]:
        found[name].append(at)
    return dict(found)


def live_moments(incident: Incident, event: e.Event) -> Iterator[str]:
    """Yield the names of the moments that one event is, as far as they are known while the exercise runs."""
    handler = _HANDLERS.get(type(event.body))
    if handler:
        yield from handler(incident, event.body)
    elif isinstance(event.body, e.ItemChecked):
        record = incident.steps.get(event.body.step)
        if record and record.state is StepState.MARKED_DONE and record.at == event.at:  # it was the last one
            yield f"step:{event.body.step}"


def _counts(incident: Incident, run: int) -> bool:
    found = incident.runs.get(run)
    return found is not None and found.changes_step


def _started(incident: Incident, body: e.ActionStarted) -> Iterator[str]:
    if not body.dry_run and not body.probe_of:
        yield f"started:{body.action}"
        yield f"weighed:{body.action}"
        yield from (f"override:{override.gate}" for override in body.overrides)


def _finished(incident: Incident, body: e.ActionFinished) -> Iterator[str]:
    if not _counts(incident, body.run):
        return
    action = incident.runs[body.run].action
    yield from (f"weighed:{one.action}" for one in body.settles if one.use != "open")
    if body.status == "succeeded":
        yield f"action:{action}"
        yield f"ran:{action}"
        yield from [f"step:{body.step}"] if body.step else []
    else:
        yield f"{body.status}:{action}"
    yield from (f"fact:{action}.{name}={_word(value)}" for name, value in body.facts.items() if name != MAKES)
    made = body.facts.get(MAKES)
    yield from (f"made:{name}={value}" for name, value in made.items()) if isinstance(made, dict) else ()


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _marked_done(incident: Incident, body: e.StepMarkedDone) -> Iterator[str]:
    yield f"step:{body.step}"
    yield from [f"documented:{body.step}"] if body.note else []
    step = incident.plan.by_id.get(body.step)
    if step and step.action:
        yield f"action:{step.action}"


def _decided(incident: Incident, body: e.DecisionMade) -> Iterator[str]:
    yield f"decision:{body.name}"
    yield f"step:{body.step}"


_HANDLERS: dict[type[e.Body], Callable[[Incident, Any], Iterable[str]]] = {
    e.ActionStarted: _started,
    e.ActionFinished: _finished,
    e.StepMarkedDone: _marked_done,
    e.DecisionMade: _decided,
    e.StepSkipped: lambda incident, body: [f"skipped:{body.step}"],
    e.InjectGiven: lambda incident, body: [f"inject:{body.inject}"],
    e.InjectReplied: lambda incident, body: [f"replied:{body.inject}", f"replied:{body.inject}={body.text}"],
    e.NoteAdded: lambda incident, body: ["note", *([f"documented:{body.step}"] if body.step else [])],
    e.ContactPaged: lambda incident, body: [f"paged:{body.level}"],
    e.ContactAcknowledged: lambda incident, body: [f"answered:{body.level}"],
    e.HealthChanged: lambda incident, body: [f"health:{body.system}={body.status}"],
    e.IncidentClosed: lambda incident, body: ["closed"],
}


def _standing(incident: Incident, script: Exercise) -> Iterator[tuple[str, datetime]]:
    """Yield the moments that are known only at the end: the final answers, and the objectives that were met."""
    for record in incident.decisions.values():
        yield f"stands:{record.name}={record.answer}", record.at
        if record.reason:
            yield f"reasoned:{record.name}", record.at
        if record.name == RECOVERY_POINT:
            sound = point_is_sound(script, incident.began_at, read(record.answer))
            yield f"stands:point={'sound' if sound else 'damaged'}", record.at
    for tier in clocks.rto(incident, incident.last_at):
        if tier.met and tier.achieved_at:
            yield f"rto:{tier.tier}", tier.achieved_at
    for store in clocks.rpo(incident):
        if store.met:
            yield f"rpo:{store.system}", incident.last_at


def _team_answered(incident: Incident) -> Iterator[tuple[str, datetime]]:
    decided = needed_levels(incident)
    everybody = {contact.level for contact in incident.plan.escalation if contact.level}
    needed = everybody if decided is None else decided & everybody
    calls = [incident.review.calls.get(level) for level in needed]
    answers = [call.answered_at for call in calls if call and call.answered_at]
    if len(answers) == len(needed):
        yield "answered:team", max(answers, default=incident.declared_at)


def _undocumented(incident: Incident, found: Moments) -> Iterator[tuple[str, datetime]]:
    for step, record in incident.steps.items():
        if record.state is StepState.MARKED_DONE and record.at and f"documented:{step}" not in found:
            yield f"undocumented:{step}", record.at


def point_is_sound(script: Exercise, began_at: datetime, point: RecoveryPoint | None) -> bool:
    """Return whether a recovery point lies before the damage. A log position does not show it: damaged."""
    if script.damage_s is None:
        return True
    if point is None or point.latest:
        return False
    instant_is = point.instant is None or point.instant <= began_at - timedelta(seconds=script.damage_s)
    backups = (script.backups.get(at.value, 0.0) if at.form == "backup" else 0.0 for at in point.positions.values())
    return instant_is and all(before_s >= script.damage_s for before_s in backups)


_WORDS = {
    "started": "{} began",
    "weighed": "{} was tried, or found to be of no use",
    "action": "{} was done",
    "ran": "{} succeeded",
    "failed": "{} failed",
    "cancelled": "{} was cancelled",
    "step": "{} was done",
    "again": "{} was run again with nothing changed",
    "made": "it came to {}",
    "documented": "{} has a note",
    "undocumented": "{} was ticked off without a note",
    "reasoned": "{} was decided with a reason",
    "skipped": "{} was skipped",
    "decision": "{} was decided",
    "stands": "the answer {} stands",
    "override": "the gate {} was overridden",
    "inject": "inject {} was given",
    "note": "a note was written",
    "paged": "{} was called",
    "answered": "{} answered",
    "health": "{} was seen",
    "rto": "the RTO of {} was met",
    "rpo": "the RPO of {} was met",
    "closed": "the incident was closed",
}
_OF_ACTIONS = {"started", "weighed", "action", "ran", "failed", "cancelled", "again"}
_OF_STEPS = {"step", "skipped", "documented", "undocumented"}


def say(moment: str, plan: Plan) -> str:
    """Return a moment in words, with the titles that ``plan`` has for steps and actions."""
    kind, _, what = moment.partition(":")
    if kind == "fact":
        return _say_fact(what, plan)
    if kind == "replied":
        name, _, words = what.partition("=")
        return f"inject {name} was answered" + (f": “{words}”" if words else " in words")
    if kind in _OF_STEPS and what in plan.by_id:
        what = f"“{plan.by_id[what].title}”"
    elif kind in _OF_ACTIONS and what:
        what = _say_action(what, plan)
    elif moment == "answered:team":
        what = "everybody whom the response team needs"
    else:
        what = what.replace("=", " is ").replace("_", " ")
    return _WORDS.get(kind, moment).format(what or "a step")


def _say_action(action: str, plan: Plan) -> str:
    title = next((step.title for step in plan.steps() if step.action == action), "")
    return f"“{title}” ({action})" if title else action


def _say_fact(what: str, plan: Plan) -> str:
    name, _, value = what.partition("=")
    action, _, fact = name.rpartition(".")
    words = fact.replace("_", " ")
    return f"{_say_action(action, plan)} ended with {words if value == 'true' else f'{words} {value}'}"
