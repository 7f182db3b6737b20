"""What line mode says of an incident and a step. Pure: the state goes in, lines come out."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import datetime

from cleo_console.plain.notices import how_far, named
from journal.events.types import Identity
from journal.incident.findings import found_words
from journal.incident.records import Run, RunState, StepState
from journal.incident.state import Incident
from journal.plan.action_spec import Catalogue
from journal.plan.model import Step
from journal.store.rows import Reading
from journal.wording.durations import rough_duration, rough_minutes
from journal.wording.instants import age
from journal.wording.other_incidents import other_incidents
from screens.guidance.figures import phase_line, rpo_line, rto_line
from screens.guidance.next_action import (
    PrimaryAction,
    closed_words,
    destructive,
    next_deed,
    refused_run,
    runnable,
    settled_words,
)
from screens.guidance.symbols import STEPS, health_look

ACTIVE = (StepState.REQUESTED, StepState.RUNNING, StepState.CANCELLING)
_STALE_S = 60.0


def headline(incident: Incident, readings: dict[str, Reading], now: datetime) -> list[str]:
    """Return which incident this is and how its clocks stand."""
    name = f"{incident.kind} {incident.id}, {incident.severity}: {incident.title}"
    if incident.closed_at is not None:
        return [f"{name}. CLOSED {age(incident.closed_at, now)}: {incident.outcome}."]
    figures = [phase_line(incident, now).plain, rto_line(incident, now, wide=False).plain]
    figures.append(rpo_line(incident, readings, now, wide=False).plain)
    elapsed = rough_minutes((now - incident.began_at).total_seconds())
    return [f"{name}. {elapsed} since it began, " + ", ".join(part for part in figures if part) + "."]


def attention_lines(incident: Incident, readings: dict[str, Reading]) -> list[str]:
    """Return what must never be lost from sight: what is in doubt, failed or under way."""
    lines = [f"THE INVENTORY CANNOT BE USED: {incident.inventory_error}"] if incident.inventory_error else []
    lines += other_incidents(readings)
    lines += [f"IN DOUBT: {named(incident, run.step) if run.step else run.action}" for run in incident.in_doubt()]
    lines += [f"FAILED: {named(incident, step.id)}" for step in incident.in_state(StepState.FAILED)]
    for run in incident.runs.values():
        if not run.state.over:
            far = how_far(readings.get(f"progress:{run.id}"))
            lines.append(f"{run.state.upper()}: {_what(incident, run)}" + (f": {far}" if far else ""))
    return lines


def _what(incident: Incident, run: Run) -> str:
    kind = "dry run of " if run.dry_run else "a look into " if run.probe_of else ""
    return kind + (named(incident, run.step) if run.step else run.action)


def health_lines(incident: Incident, readings: dict[str, Reading], now: datetime, *, all_: bool) -> list[str]:
    """Return every system's health, or only those that are down or degraded. What is old is not called up."""
    lines = []
    for name in incident.roster.shown:
        reading = readings.get(f"health:{name}")
        status = str(reading.payload.get("status") or "not measured") if reading else "not measured"
        old = reading is not None and (now - reading.at).total_seconds() > _STALE_S
        word = f"was {health_look(status).word}" if old and status == "up" else health_look(status).word
        when = f", measured {age(reading.at, now)}" if reading and old else ""
        said = " ".join(str(reading.payload.get("detail") or "").split()) if reading else ""
        wrong = incident.found_wrong.get(name)
        said = "; ".join(part for part in (str(wrong) if wrong else "", said) if part)
        detail = f" ({said})" if said else ""
        word = f"DATA WRONG, {word}" if wrong else word
        if all_ or wrong or status in ("down", "degraded"):
            lines.append(f"{incident.roster.title(name)}: {word}{detail}{when}")
    return lines


def next_line(incident: Incident, catalogue: Catalogue, cursor: str) -> str:
    """Return what to do next in the incident, and how to get there."""
    if incident.closed_at is not None:
        return f"NEXT: {closed_words(incident)}. x reopens it; notes can still be added."
    step = incident.next_step()
    if step is None:
        running = [run for run in incident.runs.values() if not run.state.over]
        return "NEXT: wait for what is running." if running else f"NEXT: {settled_words(incident)}: x closes it."
    word = next_deed(incident, step, catalogue)
    how = "" if step.id == cursor else " (g goes there)"
    return f"NEXT: {f'{word}: ' if word else ''}{named(incident, step.id)}{how}"


def step_lines(incident: Incident, step: Step, catalogue: Catalogue, now: datetime) -> list[str]:
    """Return everything there is to say of a step."""
    lines = [f"Step {named(incident, step.id)}: {state_words(incident, step, now)}."]
    lines += [step.text] if step.text else []
    lines += [*_runs(step, catalogue), *_items(incident, step), *_decision(incident, step)]
    lines += [*_waits(incident, step), *_last(incident, step)]
    lines += [f"Proved by: {named(incident, step.verified_by)}"] if step.verified_by else []
    return lines + (["Not in the written plan: added for safety."] if step.ours else [])


def state_words(incident: Incident, step: Step, now: datetime) -> str:
    """Return what a step is, since when, and by whom."""
    state, record = incident.state(step.id), incident.steps[step.id]
    word = "done by hand" if state is StepState.MARKED_DONE else found_words(incident, step.id) or STEPS[state].word
    since = record.started_at if state.active else record.at
    if record.state is None or since is None:
        return word
    return f"{word} {age(since, now)}" + (f" by {record.by}" if record.by else "")


def _runs(step: Step, catalogue: Catalogue) -> Iterable[str]:
    if step.kind not in ("action", "command"):
        return
    danger = "DESTRUCTIVE. " if destructive(step, catalogue) else ""
    host = f" on {step.host}" if step.host else ""
    usually = f", usually {rough_duration(step.expect)}" if step.expect else ""
    yield f"{danger}Runs: {call(step)}{host}{usually}"
    if step.script:
        yield f"The plan says: {step.script}"
    if not runnable(step, catalogue):
        yield "Not available yet: do it by hand, then answer m and note what you did."


def call(step: Step) -> str:
    """Return what a step runs, as one types it."""
    if step.kind == "command":
        return step.command if isinstance(step.command, str) else shlex.join(step.command)
    given = (f" --{name.replace('_', '-')}" + ("" if v is True else f" {v}") for name, v in step.params.items())
    return step.action + "".join(given)


def _items(incident: Incident, step: Step) -> list[str]:
    ticked = incident.steps[step.id].items
    return [f"  {n}. [{'x' if item in ticked else ' '}] {item}" for n, item in enumerate(step.items, 1)]


def _decision(incident: Incident, step: Step) -> Iterable[str]:
    if step.decision is None:
        return
    yield f"Question: {step.decision.question}"
    record = incident.decisions.get(step.decision.name)
    if record:
        option = step.decision.options.get(record.answer)
        why = f", because {record.reason}" if record.reason else ""
        yield f"Answer: {option.title if option else record.answer}{why}"


def _waits(incident: Incident, step: Step) -> list[str]:
    if incident.steps[step.id].state is not None:
        return []
    return [f"Waits for: {named(incident, needed)}" for needed in incident.unmet(step)]


def _last(incident: Incident, step: Step) -> Iterable[str]:
    refused, run = refused_run(incident, step.id), incident.last_run(step.id)
    if refused:
        yield from run_lines(refused)
    if run and run is not refused and run.state.over:
        yield from run_lines(run)
    note = incident.steps[step.id].note
    if note and not step.decision and (run is None or note not in (run.summary, run.in_doubt)):
        yield f"Note: {note}"


def run_lines(run: Run) -> list[str]:
    """Return how a run stands or ended, and what it left."""
    kind = "Dry run" if run.dry_run else "Look" if run.probe_of else "Run"
    if run.refusal:
        return [f"{kind} REFUSED by gate {run.refusal.gate}: {run.refusal.message}", f"  {_passes(run.refusal.yields)}"]
    if run.state is RunState.IN_DOUBT:
        known = [f"  Its program: {run.program_status}"] if run.program_status else []
        return [f"{kind} IN DOUBT: {run.in_doubt}", *known]
    word = {RunState.SUCCEEDED: "done", RunState.FAILED: "FAILED"}.get(run.state, run.state.value)
    left = [f"  Left behind: {run.left_behind}"] if run.left_behind else []
    word += f", a partial look ({run.partial})" if run.partial else ""
    return [f"{kind} {word}" + (f": {run.summary}" if run.summary else ""), *_findings(run), *left]


def _findings(run: Run) -> Iterable[str]:
    """Yield what a run found, the gravest first, each with its cure."""
    for finding in run.gravest_first:
        severity, cure = finding.severity, f" {finding.cure}" if finding.cure else ""
        yield f"  {severity.upper() if severity == 'wrong' else severity.capitalize()}: {finding}.{cure}"


def _passes(yields: str) -> str:
    return {
        "reason": "It yields to a reason: v goes on anyway.",
        "reason and target": "It yields to a reason and the target typed: v goes on anyway.",
    }.get(yields, "This gate never yields: do what it asks for first.")


def target_lines(target: list[Identity]) -> list[str]:
    """Return what tells the target from every other, and how each fact is known."""
    return [f"  {fact.name}: {fact.value or 'nothing'} ({fact.known})" for fact in target]


ENTER: dict[PrimaryAction, str] = {
    PrimaryAction.RUN: "enter: run it",
    PrimaryAction.RUN_AGAIN: "enter: run it again",
    PrimaryAction.TAKE_BACK: "the incident is closed and this is still in force; enter: take it back",
    PrimaryAction.DECIDE: "enter: decide",
    PrimaryAction.TICK: "enter: tick the next item, or its number",
    PrimaryAction.DONE: "enter: mark it done",
    PrimaryAction.RESOLVE: "enter: look, and say what it was",
    PrimaryAction.GO_ON: "enter: go on to what is next",
    PrimaryAction.GO_TO_NEED: "enter: go to what it waits for",
    PrimaryAction.NOTHING: "",
}
