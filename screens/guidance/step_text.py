"""What is said of a step: its state, what it runs, what became of it, what it waits for, and what the plan says."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from journal.incident.answers import answer_title
from journal.incident.called import wanted_items
from journal.incident.cures import cure_params
from journal.incident.findings import found_words
from journal.incident.known import known
from journal.incident.records import RunState, StepState
from journal.incident.restore_time import RestoreTime, measured_times, restores
from journal.incident.state import Incident
from journal.plan.action_spec import Catalogue
from journal.plan.model import Step
from journal.wording.durations import rough_duration, rough_minutes
from journal.wording.instants import age
from journal.wording.sanitize import sanitize, sanitize_lines
from screens.guidance.escalation import standing_of
from screens.guidance.instances import instance_lines
from screens.guidance.left_out import why_not_here
from screens.guidance.looks import look_lines
from screens.guidance.names import title
from screens.guidance.next_action import destructive, refused_run
from screens.guidance.people import taken_lines
from screens.guidance.run_text import refusal_lines, remains, run_lines, target_lines, typed
from screens.guidance.symbols import STEPS
from screens.guidance.text import Line, Span, labelled, line

_BLANK = line("")
_BY_RUN = (StepState.DONE, StepState.FOUND, StepState.LOOKED, StepState.FAILED, StepState.CANCELLED)
"""The states that a step has from how its run ended."""


def call(step: Step, params: Mapping[str, Any] | None = None) -> str:
    """Return what a step runs, as one types it: its command, or its action with the plan's parameters.

    Args:
        step: the step.
        params: what replaces the plan's, name by name.
    """
    if step.kind == "command":
        return sanitize(step.command if isinstance(step.command, str) else shlex.join(step.command))
    return typed(step.action, {**step.params, **(params or {})})


def step_text(incident: Incident, step: Step, catalogue: Catalogue, now: datetime) -> list[Line]:
    """Return everything there is to say of ``step``, what became of it first."""
    return [*outcome_text(incident, step, now), *context_text(incident, step, catalogue)]


def outcome_text(incident: Incident, step: Step, now: datetime) -> list[Line]:
    """Return what became of ``step``: its state, what refused it, its result, findings and cures; and what is open."""
    return [
        state_line(incident, step, now),
        *_changed_scripts(incident, step),
        *taken_lines(incident, step, now),
        *_refusal(incident, step),
        *_last(incident, step),
        *look_lines(incident, step),
        *_dry_run(incident, step),
        *_decision(incident, step),
        *_items(incident, step, now),
        *instance_lines(incident, step),
        *_waits(incident, step),
    ]


def context_text(incident: Incident, step: Step, catalogue: Catalogue) -> list[Line]:
    """Return what ``step`` is: what it runs, on which target, and what the plan says of it.

    What it runs comes first until it has run, and last from then on.
    """
    runs, run = _runs(incident, step, catalogue), incident.last_run(step.id)
    text = [_BLANK, line(sanitize(step.text)), _BLANK] if step.text else []
    said = [*text, *_plan_says(incident, step), *_proof(incident, step)]
    return [*said, *runs, *target_lines(run.target)] if run else [*runs, *said]


def state_line(incident: Incident, step: Step, now: datetime) -> Line:
    """Return what state a step is in, since when, and by whom."""
    state, record = incident.state(step.id), incident.steps[step.id]
    look = STEPS[state]
    by_hand = "done by hand" if state is StepState.MARKED_DONE else ""
    word = by_hand or sanitize(found_words(incident, step.id)) or look.word
    since = record.started_at if state.active else record.at
    when = f"  {age(since, now)}" if since and record.state is not None else ""
    by = f" by {sanitize(record.by)}" if when and record.by else ""
    took = f"  took {took}" if (took := _took(incident, step)) else ""
    return line(Span(word, look.tone or "strong"), Span(when + by + took, "quiet"), symbol=look.symbol)


def _took(incident: Incident, step: Step) -> str:
    """Return how long the run took that the step's state comes from; empty where none ended."""
    run = incident.last_begun(step.id)
    if run is None or not run.started_at or not run.finished_at or incident.state(step.id) not in _BY_RUN:
        return ""
    return rough_minutes((run.finished_at - run.started_at).total_seconds())


def _changed_scripts(incident: Incident, step: Step) -> list[Line]:
    """Return which scripts of the step are not those that the plan was tested with, and what that means here."""
    found = incident.drifted.get(step.id, ())
    if not found:
        return []
    means = {
        "command": "It runs only with your reason why it may.",
        "action": f"{step.action} does this step and does not run it: mind it by hand.",
    }.get(step.kind, "Look at it before you use it: doing the step with it is a deviation.")
    return [line(Span(sanitize(f"SCRIPT CHANGED: {words}"), "bad")) for words in found] + [line(Span(means, "warn"))]


def _runs(incident: Incident, step: Step, catalogue: Catalogue) -> list[Line]:
    if not step.is_run:
        return []
    danger = [Span("  DESTRUCTIVE", "bad")] if destructive(step, catalogue) else []
    lines = [labelled("runs", Span(call(step, cure_params(incident, step)), "strong"), *danger)]
    lines += [labelled("on", sanitize(step.host))] if step.kind == "command" and step.host else []
    spec = catalogue.get(step.action)
    if spec and incident.phase_of(step).optional:  # the plan says little of what comes after the recovery, or beside it
        lines.append(labelled("does", sanitize(spec.title)))
    if why := why_not_here(incident, step, catalogue):
        words = f"Not available here, {why}: do it by hand, then m and note what you did."
        lines.append(line(Span(sanitize(words), "warn")))
    return lines


def _items(incident: Incident, step: Step, now: datetime) -> list[Line]:
    return [
        shown
        for number, item in enumerate(step.items, 1)
        for shown in (_item(incident, step, number, item), *_call(incident, step.level(item), now))
    ]


def _item(incident: Incident, step: Step, number: int, item: str) -> Line:
    """Return an item with the digit that ticks it; one that the journal tells of has its evidence instead."""
    if fact := known(incident, step, item):
        box = Span("[x] ", "good") if fact.met else Span("[ ] ", "strong")
        return line("  ", box, sanitize(item), Span(f"  {sanitize(fact.evidence)}", "quiet" if fact.met else "warn"))
    if item in incident.steps[step.id].items:
        return line(Span(f"{number} ", "quiet"), Span("[x] ", "good"), sanitize(item))
    if item in wanted_items(incident, step):
        return line(Span(f"{number} ", "quiet"), Span("[ ] ", "strong"), sanitize(item))
    return line(Span(f"{number} [-] {sanitize(item)}: not needed for the response team", "quiet"))


def _call(incident: Incident, level: str, now: datetime) -> list[Line]:
    """Return how the call that an item stands for is; nothing where nobody was called, or it stands for none."""
    contact = next((each for each in incident.plan.callable if level and each.level == level), None)
    standing = standing_of(incident, contact, now) if contact else None
    if standing is None or standing.word in ("not called", "not needed"):
        return []
    return [line(Span(f"      {sanitize(standing.detail)}", "bad" if standing.word == "OVERDUE" else "accent"))]


def _decision(incident: Incident, step: Step) -> list[Line]:
    if step.decision is None:
        return []
    lines = [labelled("question", sanitize(step.decision.question))]
    record = incident.decisions.get(step.decision.name)
    if record:
        words = answer_title(incident, record.name, record.answer)
        lines.append(labelled("answer", Span(sanitize(words), "strong")))
        lines += [labelled("because", sanitize(record.reason))] if record.reason else []
        lines += [labelled("proposed", sanitize(record.because))] if record.because else []
    return lines


def _refusal(incident: Incident, step: Step) -> list[Line]:
    run = refused_run(incident, step.id)
    return refusal_lines(run, why=run.state is RunState.REFUSED) if run else []


def _last(incident: Incident, step: Step) -> list[Line]:
    record, run = incident.steps[step.id], incident.last_begun(step.id)
    lines = run_lines(run) if run else []
    said = (run.summary, run.in_doubt) if run else ()
    if record.note and record.note not in said and not step.decision:
        lines.append(labelled("note", sanitize(record.note)))
    return lines


def _dry_run(incident: Incident, step: Step) -> list[Line]:
    """Return what the dry run said, where nothing was run since."""
    runs = incident.steps[step.id].runs
    last = incident.runs[runs[-1]] if runs else None
    if last is None or not last.dry_run or not last.summary:
        return []
    return [labelled("dry run", Span(sanitize_lines(last.summary), "strong")), *remains(last)]


def _waits(incident: Incident, step: Step) -> list[Line]:
    if incident.steps[step.id].state is not None:
        return []
    names = [title(incident, incident.plan.by_id[needed]) for needed in incident.unmet(step)]
    return [labelled("" if place else "waits for", name) for place, name in enumerate(names)]


def _plan_says(incident: Incident, step: Step) -> list[Line]:
    lines = [labelled("plan says", sanitize(step.script))] if step.script else []
    if measured := measured_times(incident, step):
        return [*lines, *(labelled("restore", _measured(incident, *one, of=len(measured))) for one in measured.items())]
    by_plan = " by the plan, never measured" if restores(step) else ""
    return [*lines, labelled("usually", rough_duration(step.expect) + by_plan)] if step.expect else lines


def _measured(incident: Incident, name: str, found: RestoreTime, *, of: int) -> str:
    """Return how long the last measured restore of a system took, with its name where there are several."""
    return sanitize(f"{incident.roster.title(name)} {found}" if of > 1 else str(found))


def _proof(incident: Incident, step: Step) -> list[Line]:
    lines: list[Line] = []
    if step.verified_by and step.verified_by in incident.plan.by_id:
        lines.append(labelled("proved by", title(incident, incident.plan.by_id[step.verified_by])))
    if step.ours:
        lines.append(line(Span("Not in the written plan: added for safety.", "quiet")))
    return lines
