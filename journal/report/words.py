"""Events as sentences of the timeline: one small function for each type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from shlex import join
from typing import TYPE_CHECKING, Any

import msgspec

from journal.events import types as e
from journal.exercise.moments import say
from journal.incident.answers import answer_title
from journal.store.chain import short_head
from journal.wording.counting import count
from journal.wording.durations import exact_duration
from journal.wording.exposure import in_two_places

if TYPE_CHECKING:
    from journal.incident.state import Incident

Sentence = Callable[["Incident", Any], str]


def sentence(incident: Incident, body: e.Body) -> str:
    """Return an event in words. Text of people and systems in it is not sanitized."""
    return _SENTENCES.get(type(body), _plainly)(incident, body)


def call(action: str, params: Mapping[str, Any]) -> str:
    """Return an action with its parameters: ``postgres.restore backup=latest``."""
    return " ".join([action, *(f"{name}={_value(value)}" for name, value in params.items())])


def exit_status(code: int | None) -> str:
    """Return how a program ended, in words."""
    if code is None:
        return "exit status not known"
    return f"ended by signal {-code}" if code < 0 else f"exit status {code}"


def _value(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _with(text: str, *more: str) -> str:
    """Return a sentence with its explanations, without empty ones."""
    return " — ".join(part for part in (text, *more) if part)


def _plainly(incident: Incident, body: e.Body) -> str:
    """Return an event of a type without a sentence of its own: its type and its fields."""
    fields = {name: value for name, value in msgspec.structs.asdict(body).items() if name != "step" and value != ""}
    return f"{e.type_of(body)}: {', '.join(f'{name} {_value(value)}' for name, value in fields.items())}"


def _declared(incident: Incident, body: e.IncidentDeclared) -> str:
    scenario = incident.plan.scenarios.get(body.scenario)
    title = scenario.title if scenario else body.scenario
    return (
        f"Declared as {body.kind}: {body.title} ({title}, severity {answer_title(incident, 'severity', body.severity)})"
    )


def _decision(incident: Incident, body: e.DecisionMade) -> str:
    name = body.name.replace("_", " ").capitalize()
    proposed = f"as proposed: {body.because}" if body.because else ""
    return _with(f"{name}: {answer_title(incident, body.name, body.answer)}", body.reason or proposed)


def _item(incident: Incident, body: e.ItemChecked) -> str:
    return f"{'Ticked' if body.checked else 'Unticked'}: {body.item}"


def _marked_done(incident: Incident, body: e.StepMarkedDone) -> str:
    step = incident.plan.by_id.get(body.step)
    return _with("Done" if step and step.kind == "manual" else "Marked done by hand", body.note)


def _skipped(incident: Incident, body: e.StepSkipped) -> str:
    return _with("Skipped", body.reason)


def _reopened(incident: Incident, body: e.StepReopened) -> str:
    return _with("Reopened", body.reason)


def _taken(incident: Incident, body: e.StepTaken) -> str:
    return f"Taken over from {body.over_from}" if body.over_from else "Taken"


def _role(incident: Incident, body: e.RoleTaken) -> str:
    return f"Is {body.name} from now on" + (f", taken over from {body.over_from}" if body.over_from else "")


def _note(incident: Incident, body: e.NoteAdded) -> str:
    return f"Note: {body.text}"


def _requested(incident: Incident, body: e.RunRequested) -> str:
    kind = "a dry run of " if body.dry_run else f"a look into run {body.probe_of}: " if body.probe_of else ""
    overrides = "; ".join(f"gate {o.gate} overridden: {o.reason}" for o in body.overrides)
    confirmed = f"confirmed target: {body.confirmed}" if body.confirmed else ""
    asked = f"Asked for {kind}{call(body.action, body.params)}{_on(incident, body.system)}"
    return _with(asked, confirmed, overrides)


def _on(incident: Incident, system: str) -> str:
    """Return on which system a run is, where the inventory has several."""
    return f" on {system}" if system and len(incident.roster.systems) > 1 else ""


def _run(incident: Incident, run: int, word: str = "run") -> str:
    """Return how a run is named: by its number, and its system where the inventory has several."""
    known = incident.runs.get(run)
    return f"{word} {run}{_on(incident, known.system) if known else ''}"


def _refused(incident: Incident, body: e.RunRefused) -> str:
    return _with(f"{_run(incident, body.run, 'Run')} refused by the gate {body.gate}", body.message)


def _cancel(incident: Incident, body: e.CancelRequested) -> str:
    return _with(f"Asked to cancel {_run(incident, body.run)}", body.reason)


def _started(incident: Incident, body: e.ActionStarted) -> str:
    look = f"Look into run {body.probe_of} started"
    kind = "Dry run started" if body.dry_run else look if body.probe_of else "Started"
    on = _on(incident, body.system)
    return _with(f"{kind}: {call(body.action, body.params)}{on} (run {body.run})", _target(body.target))


def _target(target: Sequence[e.Identity]) -> str:
    facts = ", ".join(f"{fact.name} {fact.value} ({fact.known})" for fact in target)
    return f"on {facts}" if facts else ""


def _reentered(incident: Incident, body: e.ActionReentered) -> str:
    return _with(f"{_run(incident, body.run, 'Run')} taken up again by a new runner", body.why)


def _program_started(incident: Incident, body: e.ProgramStarted) -> str:
    where = f" on {body.host}" if body.host else ""
    return f"Program{where}: {join(body.argv)}"


def _program_finished(incident: Incident, body: e.ProgramFinished) -> str:
    again = ", seen by a new runner" if body.reattached else ""
    return f"Program {body.key}: {exit_status(body.code)} after {exact_duration(body.duration_s)}{again}"


def _finished(incident: Incident, body: e.ActionFinished) -> str:
    left = f"left behind: {body.left_behind}" if body.left_behind else ""
    found = [finding for finding in body.findings if finding.severity != "note"]
    how = f", {'; '.join(part for part in (body.partial, count(len(found), 'finding') if found else '') if part)}"
    ended = f"{body.status.capitalize()}{how if body.partial or found else ''}"
    return _with(f"{ended} after {exact_duration(body.duration_s)} ({_run(incident, body.run)})", body.summary, left)


def _doubt(incident: Incident, body: e.ActionInDoubt) -> str:
    return _with(f"In doubt ({_run(incident, body.run)})", body.why, body.program)


def _resolved(incident: Incident, body: e.DoubtResolved) -> str:
    return _with(f"Doubt about {_run(incident, body.run)} resolved as: {body.verdict.replace('_', ' ')}", body.reason)


def _health(incident: Incident, body: e.HealthChanged) -> str:
    change = f"{body.was} → {body.status}" if body.was else body.status
    return _with(f"Health of {incident.roster.title(body.system)}: {change}", body.detail)


def _exposed(incident: Incident, body: e.ExposureMeasured) -> str:
    told = (f"{incident.roster.title(one.system)} {in_two_places(one)}" for one in body.systems)
    return f"What would be lost now: {'; '.join(told)}"


def _inventory_read(incident: Incident, body: e.InventoryRead) -> str:
    if body.error:
        return _with("The inventory was changed and cannot be used; the one before counts", body.error)
    changed = [f"changed: {', '.join(body.changed)}"] if body.changed else []
    doubts = [f"IN DOUBT: {doubt}" for doubt in body.doubts]
    return _with(f"Inventory {body.path} read (sha256 {body.sha256})", "; ".join([*changed, *doubts]))


def _known(incident: Incident, body: e.ReadinessKnown) -> str:
    found = f"{count(len(body.points), 'open point')} of readiness" if body.points else "nothing that was not ready"
    return f"Known before, by the look of {body.looked_at[:16].replace('T', ' ')} UTC: {found}"


def _scripts_read(incident: Incident, body: e.ScriptsRead) -> str:
    named = [f"{incident.plan.named(step)}: {words}" for step, lines in body.drifted.items() for words in lines]
    changed = "Scripts are not those that the plan was tested with"
    return _with(changed, "; ".join(named)) if named else "All pinned scripts are those that the plan was tested with"


def _runner_started(incident: Incident, body: e.RunnerStarted) -> str:
    took_over = f"took over from {body.took_over}" if body.took_over else ""
    return _with(f"Runner started (pid {body.pid})", took_over)


def _runner_stopped(incident: Incident, body: e.RunnerStopped) -> str:
    return _with(f"Runner stopped (pid {body.pid})", body.why)


def _closed(incident: Incident, body: e.IncidentClosed) -> str:
    left = f"not in order: {'; '.join(body.remaining)}" if body.remaining else ""
    made = "the program's sentence, from the journal" if body.derived else ""
    return _with("Closed", body.summary, made, left)


def _incident_reopened(incident: Incident, body: e.IncidentReopened) -> str:
    return _with("Reopened the incident", body.reason)


def _dropped(item: e.ActionItemWritten) -> str:
    return " dropped" if item.dropped else ""


_LEADS = "The facilitator leads the exercise"
"""What players read while they play: the rest would tell them what is still to come, and what is noted of them."""


def _led(body: e.InjectLed) -> str:
    more = body.text or body.to
    return f"Inject {body.inject}: {body.do}" + (f" — {more}" if more else "")


def _lab_fault(body: e.LabFault) -> str:
    return _with(f"Lab fault {body.how} of {body.system}, at inject {body.inject}: {body.state}", body.what)


def _lab_undone(body: e.LabUndone) -> str:
    return "The lab is made anew" if body.state == "begins" else f"The lab was made anew: {body.lab_id}"


def _marked(body: e.ParticipantMarked) -> str:
    return f"The facilitator noted of {body.who}{_MARKS[body.mark]} — {body.text}"


_MARKS = {"good": ", done well", "improve": ", to improve", "note": ""}

_SENTENCES: dict[type[e.Body], Sentence] = {
    e.IncidentDeclared: _declared,
    e.DecisionMade: _decision,
    e.ItemChecked: _item,
    e.StepMarkedDone: _marked_done,
    e.StepSkipped: _skipped,
    e.StepReopened: _reopened,
    e.StepTaken: _taken,
    e.StepGivenBack: lambda incident, body: "Given back",
    e.RoleTaken: _role,
    e.NoteAdded: _note,
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
    e.ExposureMeasured: _exposed,
    e.InventoryRead: _inventory_read,
    e.ReadinessKnown: _known,
    e.ScriptsRead: _scripts_read,
    e.RunnerStarted: _runner_started,
    e.RunnerStopped: _runner_stopped,
    e.IncidentClosed: _closed,
    e.IncidentReopened: _incident_reopened,
    e.ContactPaged: lambda incident, body: f"Called {body.level}" + (f" — {body.how}" if body.how else ""),
    e.ContactAcknowledged: lambda incident, body: f"{body.level} answered" + (f": {body.who}" if body.who else ""),
    e.CallTakenBack: lambda incident, body: f"Taken back, a mistake: what was noted last of {body.level}",
    e.ReportFieldWritten: lambda incident, body: f"Report, {body.field} — {body.text}",
    e.ActionItemWritten: lambda incident, body: f"Action item {body.id}{_dropped(body)} — {body.text}",
    e.ActionItemDone: lambda incident, body: f"Action item {body.id} is done — {body.how}",
    e.HotWashAnswered: lambda incident, body: _with(f"Hot wash — {body.question}", body.text, body.who),
    e.SignedOff: lambda incident, body: f"Signed off as {body.role}, having seen head {short_head(body.head)}",
    e.ExerciseBegan: lambda incident, body: "The exercise began",
    e.InjectGiven: lambda incident, body: f"Inject {body.inject} — {body.said}",
    e.InjectAnswered: lambda incident, body: f"Inject {body.inject} is answered — {say(body.how, incident.plan)}",
    e.InjectReplied: lambda incident, body: _with(f"Answer to inject {body.inject}", body.text, body.reason),
    e.InjectLed: lambda incident, body: _led(body) if incident.closed_at else _LEADS,
    e.ParticipantMarked: lambda incident, body: _marked(body) if incident.closed_at else _LEADS,
    e.ExercisePaused: lambda incident, body: f"The exercise's clock {'stands' if body.paused else 'goes on'}",
    e.ExerciseRewound: lambda incident, body: _with("Rewound: what was played since does not count", body.before),
    e.FacilitatorSaid: lambda incident, body: f"Hint{f' on {body.inject}' if body.inject else ''} — {body.said}",
    e.LabChosen: lambda incident, body: f"A game day on the lab in {body.lab}",
    e.LabFault: lambda incident, body: _lab_fault(body) if incident.closed_at else _LEADS,
    e.LabUndone: lambda incident, body: _lab_undone(body),
    e.JournalContinued: lambda incident, body: f"The journal goes on in segment {body.segment} — {body.why}",
}
