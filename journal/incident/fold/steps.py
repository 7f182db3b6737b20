"""What people say of the plan's steps, and of the incident itself: decided, ticked, done, skipped, noted, closed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from journal.events import types as e
from journal.incident.affected import plan_systems, single_systems
from journal.incident.called import open_items, wanted_items
from journal.incident.instances import instances, settle_all
from journal.incident.intrusion import later_than_begin, read_begin
from journal.incident.known import not_met
from journal.incident.late import happened_at
from journal.incident.records import DecisionRecord, Deviation, InstanceRecord, StepRecord, StepState
from journal.incident.recovery_point import read
from journal.plan.model import AFFECTED, INTRUSION_BEGAN, RECOVERY_POINT

if TYPE_CHECKING:
    from collections.abc import Callable

    from journal.incident.state import Incident
    from journal.plan.model import Step


def step_record(incident: Incident, step: str) -> StepRecord:
    """Return a step's record; for no step, or one that the plan does not have, a record that nobody keeps."""
    return incident.steps.get(step) or StepRecord()


def deviate(incident: Incident, event: e.Event, what: str, reason: str) -> None:
    """Note that a person decided otherwise than the plan says."""
    incident.deviations.append(Deviation(when(event), event.actor, what, event.body.step, reason))


def when(event: e.Event) -> datetime:
    """Return when it happened: for a late entry the time it names, else the time it was written."""
    return happened_at(event.body) or event.at


def _settle(incident: Incident, event: e.Event, state: StepState | None, note: str) -> None:
    write_state(incident, event, step_record(incident, event.body.step), state, note)


def _settle_each(incident: Incident, event: e.Event, state: StepState, note: str) -> None:
    """Write what a person says of a step; it counts for each of its systems at which the step is not settled."""
    _settle(incident, event, state, note)
    step = incident.plan.by_id.get(event.body.step)
    for name in instances(incident, step) if step else []:
        record = incident.steps[event.body.step].each.setdefault(name, InstanceRecord())
        if not (record.state and record.state.settled):
            write_state(incident, event, record, state, note)


def write_state(incident: Incident, event: e.Event, record: InstanceRecord, state: StepState | None, note: str) -> None:
    """Write a new state, with who caused it and when. A step that may fail is "tried" instead of failed."""
    step = incident.plan.by_id.get(event.body.step)
    if state is StepState.FAILED and step and step.may_fail:
        state = StepState.TRIED
    record.state, record.note, record.by, record.at = state, note, event.actor, when(event)
    if step and record is incident.steps[step.id] and (state is None or state.settled):
        incident.team.work.pop(step.id, None)


def _decision(incident: Incident, event: e.Event, body: e.DecisionMade) -> None:
    wanted = {step.id: wanted_items(incident, step) for step in incident.plan.steps() if step.calls}
    earlier = incident.decisions.get(body.name)
    changes = earlier.changes + 1 if earlier else 0
    incident.decisions[body.name] = DecisionRecord(
        body.name, body.answer, body.reason, event.actor, when(event), changes, body.because
    )
    take_answer(incident, body.name, body.answer)
    _settle(incident, event, StepState.DONE, body.answer)
    if body.name == INTRUSION_BEGAN and (why := later_than_begin(incident)):
        _open_what_rests_on_the_point(incident, why)
    for step_id, were in wanted.items():
        _follow_team(incident, event, incident.plan.by_id[step_id], were)


def _open_what_rests_on_the_point(incident: Incident, why: str) -> None:
    """Open the recovery point's decision again, and what was restored to it."""
    asks = incident.plan.decision(RECOVERY_POINT)
    for step in incident.plan.steps():
        record = incident.steps[step.id]
        restored = asks and asks.id in step.needs and step.destructive and step.verified_by
        if (step is asks or restored) and (record.state in _STOOD or record.each):
            for one in (record, *record.each.values()):
                one.state, one.note = (None, why) if one.state in _STOOD else (one.state, one.note)


_STOOD = frozenset({StepState.DONE, StepState.FOUND, StepState.MARKED_DONE})


def _follow_team(incident: Incident, event: e.Event, step: Step, were: list[str]) -> None:
    """Settle or open a step of calls after a decision, where that asks for others than ``were`` wanted before it."""
    record, wanted = incident.steps[step.id], wanted_items(incident, step)
    complete = record.items.issuperset(wanted)
    if wanted == were:
        return
    if complete and not incident.settled(step.id):
        write_state(incident, event, record, StepState.MARKED_DONE, "")
    elif not complete and record.state is StepState.MARKED_DONE and record.items.issuperset(were):
        write_state(incident, event, record, None, "")


def take_answer(incident: Incident, name: str, answer: str) -> None:
    """Let the answer to a decision steer the steps that follow from it."""
    step = incident.plan.decision(name)
    of_systems = step is not None and step.decision is not None and step.decision.kind == "systems"
    incident.answers[name] = plan_systems(answer) if of_systems else answer
    if name == AFFECTED:
        incident.affected = single_systems(answer)
        settle_all(incident)
    if name == RECOVERY_POINT:
        point = read(answer)
        incident.recovery_point = point and incident.roster.named(point)
    if name == INTRUSION_BEGAN:
        incident.intrusion_began = read_begin(answer)


def _item(incident: Incident, event: e.Event, body: e.ItemChecked) -> None:
    _tick(incident, event, body.step, body.item, checked=body.checked)


def _called(incident: Incident, event: e.Event, body: e.ContactPaged | e.ContactAcknowledged | e.CallTakenBack) -> None:
    """Note a call, and tick what stands for its answer; a level that was called again has still to answer."""
    incident.review.apply(event)
    call = incident.review.calls.get(body.level)
    answered = call is not None and call.answered_at is not None
    for step in incident.plan.steps():
        for item, level in zip(step.items, step.calls, strict=False):
            if level == body.level:
                if isinstance(body, e.CallTakenBack):
                    _open_again(incident, event, step, item)
                _tick(incident, event, step.id, item, checked=answered)


def _open_again(incident: Incident, event: e.Event, step: Step, item: str) -> None:
    """Open a step that an answer had completed which was a mistake."""
    record = incident.steps[step.id]
    completed = record.state is StepState.MARKED_DONE and not open_items(incident, step)
    if completed and item in record.items:
        write_state(incident, event, record, None, "")


def _tick(incident: Incident, event: e.Event, step_id: str, item: str, *, checked: bool) -> None:
    """Tick or untick an item; a step of items is done with the last one."""
    record, step = step_record(incident, step_id), incident.plan.by_id.get(step_id)
    (record.items.add if checked else record.items.discard)(item)
    if not (step and step.items and checked) or incident.settled(step.id):
        return
    if _all_so(incident, step):
        write_state(incident, event, record, StepState.MARKED_DONE, "")
        if step.id in incident.drifted:
            incident.deviations.append(
                Deviation(when(event), event.actor, f"done{_with_which(incident, step.id)}", step.id, "")
            )


def _all_so(incident: Incident, step: Step) -> bool:
    """Whether people ticked all that is theirs to tick, and the journal tells that the rest is so."""
    return not open_items(incident, step) and not not_met(incident, step)


def settle_by_what_is_known(incident: Incident, event: e.Event) -> None:
    """Settle a step whose last item came true by itself, and open one again of which an item is no longer so."""
    for step in incident.plan.with_known_items if incident.closed_at is None else ():
        record = incident.steps[step.id]
        if record.state is StepState.MARKED_DONE and not_met(incident, step):
            record.state, record.note = None, "it was done, and is not so any more"
        elif record.state is None and record.items and _all_so(incident, step):
            record.state, record.note, record.by, record.at = StepState.MARKED_DONE, "", "", event.at


def _marked_done(incident: Incident, event: e.Event, body: e.StepMarkedDone) -> None:
    step = incident.plan.by_id.get(body.step)
    if step and step.is_run and step.action not in incident.lacks:
        deviate(incident, event, f"done by hand{_with_which(incident, body.step)}", body.note)
    elif body.step in incident.drifted:
        deviate(incident, event, f"done{_with_which(incident, body.step)}", body.note)
    _settle_each(incident, event, StepState.MARKED_DONE, body.note)


def _with_which(incident: Incident, step: str) -> str:
    """Return that a step was done though its script is not the one that the plan was tested with; else nothing."""
    return ", though its script had changed" if step in incident.drifted else ""


def _skipped(incident: Incident, event: e.Event, body: e.StepSkipped) -> None:
    step = incident.plan.by_id.get(body.step)
    if not (step and step.optional):
        deviate(incident, event, "skipped", body.reason)
    _settle_each(incident, event, StepState.SKIPPED, body.reason)


def _reopened(incident: Incident, event: e.Event, body: e.StepReopened) -> None:
    step_record(incident, body.step).each.clear()
    _settle(incident, event, None, body.reason)


def _note(incident: Incident, event: e.Event, body: e.NoteAdded) -> None:
    incident.notes += 1
    incident.last_note = (event.at, event.actor)


def _closed(incident: Incident, event: e.Event, body: e.IncidentClosed) -> None:
    incident.closed_at, incident.closing_words, incident.left_open = event.at, body.summary, body.remaining
    incident.closing_words_derived = body.derived


def _incident_reopened(incident: Incident, event: e.Event, body: e.IncidentReopened) -> None:
    incident.closed_at, incident.closing_words, incident.left_open = None, "", []
    deviate(incident, event, "incident reopened", body.reason)


HANDLERS: dict[type[e.Body], Callable[[Incident, e.Event, Any], None]] = {
    e.DecisionMade: _decision,
    e.ItemChecked: _item,
    e.ContactPaged: _called,
    e.ContactAcknowledged: _called,
    e.CallTakenBack: _called,
    e.StepMarkedDone: _marked_done,
    e.StepSkipped: _skipped,
    e.StepReopened: _reopened,
    e.NoteAdded: _note,
    e.IncidentClosed: _closed,
    e.IncidentReopened: _incident_reopened,
}
