"""What line mode says of an incident and a step: the guidance's lines as plain sentences, without signs and columns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from cleo_console.plain.said import Said
from journal.incident.records import Run, StepState
from journal.incident.state import Incident
from journal.incident.upcoming import next_step
from journal.plan.action_spec import Catalogue
from journal.plan.model import Step
from journal.store.rows import Reading
from journal.wording.durations import rough_minutes
from journal.wording.instants import age
from screens.guidance.at_risk import at_risk_lines
from screens.guidance.figures import phase_line, rto_line
from screens.guidance.health import Health, health
from screens.guidance.injects import answer_words, inject_lines
from screens.guidance.names import named, title
from screens.guidance.next_action import closed_words, hot_wash_left, leaves_out
from screens.guidance.progress import how_far
from screens.guidance.rpo import rpo_line
from screens.guidance.run_text import cure_lines, refusal_lines, remains, standing
from screens.guidance.status import call_overdue, due_words, next_words, runner_first
from screens.guidance.step_text import state_line, step_text
from screens.guidance.text import Line

_COLUMNS = re.compile(r"(?<=\S) {2,}")


def sentence(line: Line) -> str:
    """Return one line: its label as a word before it, its columns closed up."""
    text = _COLUMNS.sub(" ", line.plain)
    if line.label is None:
        return text
    label = line.label.strip()
    return f"{label[:1].upper()}{label[1:]}: {text}" if label else f"  {text}"


def sentences(lines: Iterable[Line]) -> list[str]:
    """Return several lines; those that only keep others apart are left out."""
    return [text for line in lines if (text := sentence(line))]


def headline(incident: Incident) -> str:
    """Return which incident this is."""
    return f"{incident.kind} {incident.id}, {incident.severity}: {incident.title}."


def clocks(incident: Incident, readings: dict[str, Reading], now: datetime) -> str:
    """Return how the incident's clocks stand."""
    if incident.closed_at is not None:
        return f"CLOSED {age(incident.closed_at, now)}: {incident.outcome}."
    rpo = rpo_line(incident, readings, now, wide=False)
    figures = [phase_line(incident, now, wide=True), rto_line(incident, now, wide=False), rpo]
    elapsed = rough_minutes((now - incident.began_at).total_seconds())
    return f"{elapsed} since it began, " + ", ".join(line.plain for line in figures if line.plain) + "."


def attention_lines(incident: Incident, readings: dict[str, Reading], now: datetime) -> list[str]:
    """Return what a person must keep in mind: what is in doubt, failed or under way, and whom to call."""
    lines = [f"IN DOUBT: {named(incident, run.step) if run.step else run.action}" for run in incident.in_doubt()]
    lines += [f"FAILED: {title(incident, step)}" for step in incident.in_state(StepState.FAILED)]
    for run in (run for run in incident.runs.values() if not run.state.over):
        far = how_far(readings.get(f"progress:{run.id}"))
        lines.append(f"{run.state.upper()}: {_what(incident, run)}" + (f": {far}" if far else ""))
    return lines + call_overdue(incident, now)


def exercise_lines(incident: Incident, now: datetime, me: str) -> list[str]:
    """Return what an exercise waits for from this person, and that its clock stands; nothing where it does not."""
    return [one.strip() for one in sentences(inject_lines(incident, None, now, me))]


def due_lines(incident: Incident, catalogue: Catalogue, now: datetime) -> list[str]:
    """Return the paperwork whose time is nearly over, as a list of none or one."""
    due = due_words(incident, catalogue, now)
    return [f"DUE: {due[1]} (D goes there)"] if due else []


def _what(incident: Incident, run: Run) -> str:
    kind = "dry run of " if run.dry_run else "a look into " if run.probe_of else ""
    return kind + (named(incident, run.step) if run.step else run.action)


def health_lines(incident: Incident, readings: dict[str, Reading], now: datetime) -> list[str]:
    """Return every system's health."""
    return [_health_line(health(incident, readings, system, now)) for system in incident.roster.shown]


def risk_lines(incident: Incident, readings: dict[str, Reading], now: datetime) -> list[str]:
    """Return what would be lost now of every system that holds data, with it and with its site."""
    return [f"At risk: {sentence(one)}." for one in at_risk_lines(incident, readings, now)]


def health_news(incident: Incident, readings: dict[str, Reading], now: datetime, said: Said) -> list[str]:
    """Return the health of which a person must know, of every system where it is not what was said last."""
    found = {system: health(incident, readings, system, now) for system in incident.roster.shown}
    new = [one for system, one in found.items() if said.new(health_of(system), one.look.word)]
    return [_health_line(one) for one in new if one.bad]


def health_of(system: str) -> str:
    """Return the subject of a system's health, among all that is said."""
    return f"health of {system}"


def _health_line(found: Health) -> str:
    detail = f" ({found.detail})" if found.detail else ""
    return f"{found.title}: {found.look.word}{detail}" + (f", {found.seen}" if found.seen else "")


def next_line(
    incident: Incident, catalogue: Catalogue, cursor: str, me: str, *, taken: str = "", runner_missing: bool = False
) -> str:
    """Return what to do next in the incident, and how to get there.

    Args:
        incident: its state.
        catalogue: the actions there are.
        cursor: the step that is talked about.
        me: who asks, as ``user@host``.
        taken: who else works at it.
        runner_missing: whether no runner is there.
    """
    if hot_wash_left(incident):
        return f"NEXT: the hot wash, while all are here: cleo exercise hotwash {incident.id} --ask. x reopens it."
    if incident.closed_at is not None:
        return f"NEXT: {closed_words(incident)}. x reopens it; notes can still be added."
    if runner_missing and (why := runner_first(incident)):
        return f"NEXT: {why} (r)"
    if answer := answer_words(incident, me):
        return f"NEXT: {answer} (n)"
    step = next_step(incident)
    how = " (g goes there)" if step is not None and step.id != cursor else ""
    how = how or (" (s)" if step is not None and leaves_out(incident, step, catalogue) else "")
    return f"NEXT: {next_words(incident, catalogue)}{f', {taken}' if taken else ''}{how}"


def step_lines(incident: Incident, step: Step, catalogue: Catalogue, now: datetime) -> list[str]:
    """Return everything there is to say of a step."""
    state, *rest = sentences(step_text(incident, step, catalogue, now))
    return [f"Step {title(incident, step)}: {state}.", *rest]


def here_line(incident: Incident, step: Step, now: datetime) -> str:
    """Return which step is talked about, and what state it is in."""
    return f"HERE: {title(incident, step)}: {state_words(incident, step, now)}."


def state_words(incident: Incident, step: Step, now: datetime) -> str:
    """Return what state a step is in, since when, and by whom."""
    return sentence(state_line(incident, step, now))


def end_lines(run: Run) -> list[str]:
    """Return how a run ended, and what it found and left."""
    if run.refusal:
        return sentences([*refusal_lines(run), *cure_lines(run.cures)])
    found = standing(run)
    what = f"{found.what[:1].upper()}{found.what[1:]}" if " " in found.what else found.what
    program = [f"Program: {run.program_status}"] if run.in_doubt and run.program_status else []
    return [f"{what} {found.word}" + (f": {found.why}" if found.why else ""), *program, *sentences(remains(run))]
