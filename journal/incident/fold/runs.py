"""Runs of actions: requested, refused, started, finished, in doubt; and the state that they give their steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from journal.events import types as e
from journal.incident.findings import found_state, keep_found
from journal.incident.fold import in_force
from journal.incident.fold.loss import measured, system_of
from journal.incident.fold.settling import settled_by_look
from journal.incident.fold.stale import make_stale
from journal.incident.fold.steps import deviate, step_record, write_state
from journal.incident.fold.takeover import take_over
from journal.incident.instances import instances, settle
from journal.incident.records import Deviation, InstanceRecord, Program, Refusal, Run, RunState, StepState
from journal.incident.step_time import took_of
from journal.store.errors import KEEP_AS_IT_IS, JournalDamaged

if TYPE_CHECKING:
    from collections.abc import Callable

    from journal.incident.state import Incident

_ENDS = {
    "succeeded": (RunState.SUCCEEDED, StepState.DONE),
    "failed": (RunState.FAILED, StepState.FAILED),
    "cancelled": (RunState.CANCELLED, StepState.CANCELLED),
}
_VERDICTS = {"done": StepState.MARKED_DONE, "failed": StepState.FAILED, "run_again": None}


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
            KEEP_AS_IT_IS,
        ) from None


def _record(incident: Incident, run: Run) -> InstanceRecord:
    """Return the record for a run's state: its system's, where the step acts on systems by name, else the step's.

    A run at a system that left the inventory, or is not affected any more, says nothing of the step as a whole.
    """
    record = step_record(incident, run.step)
    return record.each.setdefault(run.system, InstanceRecord()) if _instances(incident, run) else record


def _instances(incident: Incident, run: Run) -> list[str]:
    """Return the systems that a run's step acts on; none where the run acts on none in particular."""
    step = incident.plan.by_id.get(run.step)
    return instances(incident, step) if step and run.system else []


def _sum_up(incident: Incident, run: Run) -> None:
    """Compute the state of a step from those of its systems."""
    if names := _instances(incident, run):
        settle(step_record(incident, run.step), names)


def _settle_run(incident: Incident, event: e.Event, run: Run, state: StepState | None, note: str) -> None:
    write_state(incident, event, _record(incident, run), state, note)
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
        shown=body.shown,
        overrides=body.overrides,
        requested_by=event.actor,
        requested_at=event.at,
    )
    incident.runs[run.id] = run
    step_record(incident, body.step).runs.append(run.id)
    if run.changes_step:
        record = _record(incident, run)
        record.requests.add(run.id)
        if not (record.state and record.state.active):
            record.before_request, record.state = record.state, StepState.REQUESTED
        _sum_up(incident, run)


def _refused(incident: Incident, event: e.Event, body: e.RunRefused) -> None:
    run = _run(incident, event, body.run)
    run.state, run.finished_at = RunState.REFUSED, event.at
    run.refusal = Refusal(body.gate, body.message, body.yields, event.at, body.opens)
    if run.changes_step:
        record = _record(incident, run)
        _answered(incident, run, record)
        if record.state is StepState.REQUESTED and not record.requests:
            record.state = record.before_request
        _sum_up(incident, run)
    run.system = body.system or run.system  # last: what waited is counted where it was asked for


def _answered(incident: Incident, run: Run, record: InstanceRecord) -> None:
    """Forget that a run waits; it may have been asked for before anybody knew at which system, or which there are."""
    record.requests.discard(run.id)
    step_record(incident, run.step).requests.discard(run.id)


def _cancel(incident: Incident, event: e.Event, body: e.CancelRequested) -> None:
    run = incident.runs.get(body.run)
    if run and run.state is RunState.RUNNING:
        run.state, run.cancelled_by = RunState.CANCELLING, event.actor
        if run.changes_step:
            _record(incident, run).state = StepState.CANCELLING
            _sum_up(incident, run)


def _started(incident: Incident, event: e.Event, body: e.ActionStarted) -> None:
    run = _run(incident, event, body.run)
    run.state, run.started_at = RunState.RUNNING, event.at
    run.target, run.digest, run.destructive = body.target, body.digest, body.destructive
    run.closed = body.closed
    run.runner_seq = incident.runner.seq if incident.runner else 0
    run.system = body.system or run.system
    if run.changes_step:
        record = _record(incident, run)
        _answered(incident, run, record)
        record.state, record.started_at, record.by, record.at = StepState.RUNNING, event.at, run.requested_by, event.at
        _sum_up(incident, run)
    if run.changes_step:
        make_stale(incident, run, body.undone_by)
    if run.changes_step and body.undone_by:
        in_force.put(incident, event, body)
    for override in () if body.dry_run else body.overrides:
        incident.deviations.append(
            Deviation(event.at, run.requested_by, f"gate {override.gate} overridden", run.step, override.reason)
        )


def _reentered(incident: Incident, event: e.Event, body: e.ActionReentered) -> None:
    _run(incident, event, body.run).reentered += 1


def _program_started(incident: Incident, event: e.Event, body: e.ProgramStarted) -> None:
    program = Program(body.key, body.argv, body.host, body.spool, event.at, address=body.address)
    _run(incident, event, body.run).programs.append(program)


def _program_finished(incident: Incident, event: e.Event, body: e.ProgramFinished) -> None:
    for program in reversed(_run(incident, event, body.run).programs):
        if program.key == body.key:
            program.code, program.finished_at, program.reattached = body.code, event.at, body.reattached
            program.duration_s = body.duration_s
            return


def _finished(incident: Incident, event: e.Event, body: e.ActionFinished) -> None:
    run = _run(incident, event, body.run)
    run.state, step_state = _ENDS[body.status]
    run.findings, run.cures, run.settles, run.partial = body.findings, body.cures, body.settles, body.partial
    run.finished_at, run.summary, run.facts, run.left_behind = event.at, body.summary, body.facts, body.left_behind
    run.output_lines, run.output_sha256, run.duration_s = body.output_lines, body.output_sha256, body.duration_s
    if gate := body.facts.get("gate"):
        run.refusal = Refusal(
            gate, body.summary, body.facts.get("yields", "never"), event.at, body.facts.get("opens", "")
        )
    if not run.dry_run:
        keep_found(incident, event, body, run)
        settled_by_look(incident, event, body, run)
    if run.changes_step:
        step_state = found_state(body) if step_state is StepState.DONE else step_state
        _settle_run(incident, event, run, step_state, body.summary)
        _changed(incident, event, run)
        measured(incident, run)
        in_force.ended(incident, run)
        if took := took_of(incident, run):
            incident.took[took.action, took.system] = took
        if run.state is RunState.SUCCEEDED:
            take_over(incident, run)


def _changed(incident: Incident, event: e.Event, run: Run) -> None:
    """Keep when the first destructive run on a system ended: from then on its data is not what failed."""
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


def _resolved(incident: Incident, event: e.Event, body: e.DoubtResolved) -> None:
    run = _run(incident, event, body.run)
    run.verdict, run.finished_at = body.verdict, event.at
    run.settled = f"settled by {event.actor} as {body.verdict.replace('_', ' ')}: {body.reason}"
    if run.changes_step:
        if _record(incident, run).state is StepState.IN_DOUBT:
            _settle_run(incident, event, run, _VERDICTS[body.verdict], body.reason)
        deviate(incident, event, f"doubt resolved as {body.verdict.replace('_', ' ')}", body.reason)


HANDLERS: dict[type[e.Body], Callable[[Incident, e.Event, Any], None]] = {
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
}
