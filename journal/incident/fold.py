"""How each type of event changes the incident's state: one small function a type."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from journal.events import types as e
from journal.incident import in_force
from journal.incident.findings import found_state, keep_found
from journal.incident.instances import instances, settle
from journal.incident.late import happened_at
from journal.incident.loss_fold import found_by_probe, measured, system_of
from journal.incident.records import (
    Continued,
    DecisionRecord,
    Deviation,
    HealthRecord,
    InstanceRecord,
    Program,
    Refusal,
    Run,
    RunnerRecord,
    RunState,
    StepRecord,
    StepState,
)
from journal.incident.roster import Roster
from journal.store.errors import JournalDamaged

if TYPE_CHECKING:
    from journal.incident.state import Incident

Handler = Callable[["Incident", e.Event, Any], None]

_ENDS = {
    "succeeded": (RunState.SUCCEEDED, StepState.DONE),
    "failed": (RunState.FAILED, StepState.FAILED),
    "cancelled": (RunState.CANCELLED, StepState.CANCELLED),
}
_VERDICTS = {"done": StepState.MARKED_DONE, "failed": StepState.FAILED, "run_again": None}


def _step(incident: Incident, step: str) -> StepRecord:
    """Return a step's record; an ad hoc run's (no step, or one the plan does not have) is thrown away."""
    return incident.steps.get(step) or StepRecord()


def _run(incident: Incident, event: e.Event, run: int) -> Run:
    """Return the run that an event is about.

    Raises:
        JournalDamaged: nobody asked for it.
    """
    try:
        return incident.runs[run]
    except KeyError:
        raise JournalDamaged(
            f"Event {event.seq} ({event.type}) is about run {run}, and nobody asked for that run.",
            "Keep the file as it is, and see `cleo journal verify` for what was altered.",
        ) from None


def _deviate(incident: Incident, event: e.Event, what: str, reason: str) -> None:
    incident.deviations.append(Deviation(_when(event), event.actor, what, event.body.step, reason))


def _when(event: e.Event) -> datetime:
    """Return when it happened: for a late entry the time it names, else the time it was written."""
    return happened_at(event.body) or event.at


def _settle(incident: Incident, event: e.Event, state: StepState | None, note: str) -> None:
    _write(incident, event, _step(incident, event.body.step), state, note)


def _write(incident: Incident, event: e.Event, record: InstanceRecord, state: StepState | None, note: str) -> None:
    step = incident.plan.by_id.get(event.body.step)
    if state is StepState.FAILED and step and step.may_fail:
        state = StepState.TRIED
    record.state, record.note, record.by, record.at = state, note, event.actor, _when(event)


def _decision(incident: Incident, event: e.Event, body: e.DecisionMade) -> None:
    earlier = incident.decisions.get(body.name)
    changes = earlier.changes + 1 if earlier else 0
    incident.decisions[body.name] = DecisionRecord(
        body.name, body.answer, body.reason, event.actor, _when(event), changes
    )
    incident.answers[body.name] = body.answer
    _settle(incident, event, StepState.DONE, body.answer)


def _item(incident: Incident, event: e.Event, body: e.ItemChecked) -> None:
    items = _step(incident, body.step).items
    (items.add if body.checked else items.discard)(body.item)


def _marked_done(incident: Incident, event: e.Event, body: e.StepMarkedDone) -> None:
    step = incident.plan.by_id.get(body.step)
    if step and step.kind in ("action", "command"):
        _deviate(incident, event, "done by hand", body.note)
    _settle(incident, event, StepState.MARKED_DONE, body.note)


def _skipped(incident: Incident, event: e.Event, body: e.StepSkipped) -> None:
    step = incident.plan.by_id.get(body.step)
    if not (step and step.optional):
        _deviate(incident, event, "skipped", body.reason)
    _settle(incident, event, StepState.SKIPPED, body.reason)


def _reopened(incident: Incident, event: e.Event, body: e.StepReopened) -> None:
    _step(incident, body.step).each.clear()
    _settle(incident, event, None, body.reason)


def _note(incident: Incident, event: e.Event, body: e.NoteAdded) -> None:
    incident.notes += 1
    incident.last_note = (event.at, event.actor)


def _continued(incident: Incident, event: e.Event, body: e.JournalContinued) -> None:
    incident.continued = Continued(body.part, event.at, body.why)


def _part(incident: Incident, run: Run) -> InstanceRecord:
    """Return where a run's states are kept: at its system, where its step acts on several, else at the step."""
    record = _step(incident, run.step)
    return record.each.setdefault(run.system, InstanceRecord()) if _several(incident, run) else record


def _several(incident: Incident, run: Run) -> list[str]:
    """Return the systems that a run's step acts on, where they are several and the run is about one of them."""
    step = incident.plan.by_id.get(run.step)
    names = instances(incident, step) if step and run.system else []
    return names if len(names) > 1 and run.system in names else []


def _sum_up(incident: Incident, run: Run) -> None:
    """Make a step over several systems what they are together."""
    if names := _several(incident, run):
        settle(_step(incident, run.step), names)


def _settle_run(incident: Incident, event: e.Event, run: Run, state: StepState | None, note: str) -> None:
    _write(incident, event, _part(incident, run), state, note)
    _sum_up(incident, run)


def _requested(incident: Incident, event: e.Event, body: e.RunRequested) -> None:
    run = Run(
        id=event.seq,
        step=body.step,
        action=body.action,
        system=body.system,
        params=body.params,
        dry_run=body.dry_run,
        probe_of=body.probe_of,
        confirmed=body.confirmed,
        overrides=body.overrides,
        requested_by=event.actor,
        requested_at=event.at,
    )
    incident.runs[run.id] = run
    _step(incident, body.step).runs.append(run.id)
    if run.changes_step:
        record = _part(incident, run)
        record.requests.add(run.id)
        if not (record.state and record.state.active):
            record.before_request, record.state = record.state, StepState.REQUESTED
        _sum_up(incident, run)


def _refused(incident: Incident, event: e.Event, body: e.RunRefused) -> None:
    run = _run(incident, event, body.run)
    run.state, run.finished_at = RunState.REFUSED, event.at
    run.refusal = Refusal(body.gate, body.message, body.yields, event.at, body.opens)
    if not run.changes_step:
        return
    record = _part(incident, run)
    record.requests.discard(run.id)
    if record.state is StepState.REQUESTED and not record.requests:
        record.state = record.before_request
    _sum_up(incident, run)


def _cancel(incident: Incident, event: e.Event, body: e.CancelRequested) -> None:
    run = incident.runs.get(body.run)
    if run and run.state is RunState.RUNNING:
        run.state, run.cancelled_by = RunState.CANCELLING, event.actor
        if run.changes_step:
            _part(incident, run).state = StepState.CANCELLING
            _sum_up(incident, run)


def _started(incident: Incident, event: e.Event, body: e.ActionStarted) -> None:
    run = _run(incident, event, body.run)
    run.state, run.started_at = RunState.RUNNING, event.at
    run.target, run.digest, run.destructive = body.target, body.digest, body.destructive
    run.closed = body.closed
    run.runner_seq = incident.runner.seq if incident.runner else 0
    if run.changes_step:
        _part(incident, run).requests.discard(run.id)  # asked for before the runner knew at which system
        run.system = body.system or run.system
        record = _part(incident, run)
        record.requests.discard(run.id)
        record.state, record.started_at, record.by, record.at = StepState.RUNNING, event.at, run.requested_by, event.at
        _sum_up(incident, run)
    if run.changes_step and body.undone_by:
        in_force.put(incident, event, body)
    for override in () if body.dry_run else body.overrides:
        incident.deviations.append(
            Deviation(event.at, run.requested_by, f"gate {override.gate} overridden", run.step, override.reason)
        )


def _reentered(incident: Incident, event: e.Event, body: e.ActionReentered) -> None:
    _run(incident, event, body.run).reentered += 1


def _program_started(incident: Incident, event: e.Event, body: e.ProgramStarted) -> None:
    _run(incident, event, body.run).programs.append(Program(body.key, body.argv, body.host, body.spool, event.at))


def _program_finished(incident: Incident, event: e.Event, body: e.ProgramFinished) -> None:
    for program in reversed(_run(incident, event, body.run).programs):
        if program.key == body.key:
            program.code, program.finished_at, program.reattached = body.code, event.at, body.reattached
            program.duration_s = body.duration_s
            return


def _finished(incident: Incident, event: e.Event, body: e.ActionFinished) -> None:
    run = _run(incident, event, body.run)
    run.state, step_state = _ENDS[body.status]
    run.findings, run.partial = body.findings, body.partial
    run.finished_at, run.summary, run.facts, run.left_behind = event.at, body.summary, body.facts, body.left_behind
    run.output_lines, run.output_sha256, run.duration_s = body.output_lines, body.output_sha256, body.duration_s
    if gate := body.facts.get("gate"):
        run.refusal = Refusal(
            gate, body.summary, body.facts.get("yields", "never"), event.at, body.facts.get("opens", "")
        )
    if not run.dry_run:
        keep_found(incident, event, body, run)
    if run.changes_step:
        step_state = found_state(body) if step_state is StepState.DONE else step_state
        _settle_run(incident, event, run, step_state, body.summary)
        _changed(incident, event, run)
        measured(incident, run)
        in_force.ended(incident, run)


def _changed(incident: Incident, event: e.Event, run: Run) -> None:
    """Keep from when on a system was another than the one that failed: its first destructive run's end."""
    system = system_of(incident, run)
    if system and run.destructive:
        incident.changed_at.setdefault(system, event.at)


def _doubt(incident: Incident, event: e.Event, body: e.ActionInDoubt) -> None:
    run = _run(incident, event, body.run)
    run.state, run.in_doubt, run.program_status = RunState.IN_DOUBT, body.why, body.program
    run.output_lines, run.output_sha256 = body.output_lines, body.output_sha256
    if run.changes_step:
        _changed(incident, event, run)
        _settle_run(incident, event, run, StepState.IN_DOUBT, body.why)
        _deviate(incident, event, "in doubt", body.why)


def _resolved(incident: Incident, event: e.Event, body: e.DoubtResolved) -> None:
    run = _run(incident, event, body.run)
    run.verdict, run.finished_at = body.verdict, event.at
    run.settled = f"settled by {event.actor} as {body.verdict.replace('_', ' ')}: {body.reason}"
    if run.changes_step:
        if _part(incident, run).state is StepState.IN_DOUBT:
            _settle_run(incident, event, run, _VERDICTS[body.verdict], body.reason)
        _deviate(incident, event, f"doubt resolved as {body.verdict.replace('_', ' ')}", body.reason)


def _health(incident: Incident, event: e.Event, body: e.HealthChanged) -> None:
    incident.health[body.system] = HealthRecord(body.status, body.detail, event.at)
    found_by_probe(incident, event.at, body)


def _inventory_read(incident: Incident, event: e.Event, body: e.InventoryRead) -> None:
    incident.inventory_error = body.error
    if not body.error:
        incident.inventory_sha256 = body.sha256
        incident.roster = Roster(incident.plan, body.systems)


def _runner_started(incident: Incident, event: e.Event, body: e.RunnerStarted) -> None:
    incident.runner = RunnerRecord(body.pid, event.host, event.seq, event.at, body.took_over)


def _runner_stopped(incident: Incident, event: e.Event, body: e.RunnerStopped) -> None:
    if incident.runner:
        incident.runner.stopped_at, incident.runner.why = event.at, body.why


def _closed(incident: Incident, event: e.Event, body: e.IncidentClosed) -> None:
    incident.closed_at, incident.closing_words, incident.left_open = event.at, body.summary, body.remaining


def _incident_reopened(incident: Incident, event: e.Event, body: e.IncidentReopened) -> None:
    incident.closed_at, incident.closing_words, incident.left_open = None, "", []
    _deviate(incident, event, "incident reopened", body.reason)


HANDLERS: dict[type[e.Body], Handler] = {
    e.DecisionMade: _decision,
    e.ItemChecked: _item,
    e.StepMarkedDone: _marked_done,
    e.StepSkipped: _skipped,
    e.StepReopened: _reopened,
    e.NoteAdded: _note,
    e.JournalContinued: _continued,
    e.RunRequested: _requested,
    e.RunRefused: _refused,
    e.CancelRequested: _cancel,
    e.ActionStarted: _started,
    e.ActionReentered: _reentered,
    e.ProgramStarted: _program_started,
    e.ProgramFinished: _program_finished,
    e.ActionFinished: _finished,
    e.ActionInDoubt: _doubt,
    e.DoubtResolved: _resolved,
    e.HealthChanged: _health,
    e.InventoryRead: _inventory_read,
    e.RunnerStarted: _runner_started,
    e.RunnerStopped: _runner_stopped,
    e.IncidentClosed: _closed,
    e.IncidentReopened: _incident_reopened,
}
