"""What the lines of the checklist say."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from journal.incident import clocks
from journal.incident.called import open_items, wanted_items
from journal.incident.findings import found_words
from journal.incident.instances import counts
from journal.incident.known import not_met
from journal.incident.records import StepState
from journal.incident.state import Incident
from journal.plan.model import Phase, Section, Step
from journal.wording.durations import rough_minutes
from journal.wording.sanitize import sanitize
from screens.guidance.answers import short_answer
from screens.guidance.people import taken_mark
from screens.guidance.symbols import STEPS
from screens.guidance.text import Tone


class Row(NamedTuple):
    """One line: what is on the left, what is on the right, and its tone."""

    symbol: str
    title: str
    right: str = ""
    tone: Tone = ""


ROW_TONES: tuple[Tone, ...] = ("good", "busy", "warn", "bad", "quiet", "strong")
"""The tones that a line can have; the stylesheet has a class for each."""


_SILENT = (StepState.WAITING, StepState.NOT_APPLICABLE)


def step_row(incident: Incident, step_id: str, now: datetime) -> Row:
    """Return a step's line."""
    step, state = incident.plan.by_id[step_id], incident.state(step_id)
    look = STEPS[state]
    right = "" if state in _SILENT else look.word
    if incident.steps[step_id].each and (several := counts(incident, step)):
        right = several
    elif state.active:
        right = _since(incident, step, now) or look.word
    elif found := found_words(incident, step_id):
        right = found
    elif state is StepState.DONE and step.is_run:
        right = _took(incident, step)
    elif step.decision and state.settled and step.decision.name in incident.decisions:
        right = sanitize(short_answer(incident, step.decision))
    elif state is StepState.DONE:
        right = ""
    ticked = _ticked(incident, step) if step.items and not state.settled else ""
    said = " ".join(filter(None, ((right + ticked).strip(), taken_mark(incident, step_id))))
    return Row(look.symbol, sanitize(step.title), said, look.tone)


def _ticked(incident: Incident, step: Step) -> str:
    wanted = wanted_items(incident, step)
    left = len(open_items(incident, step)) + len(not_met(incident, step))
    return f" {len(wanted) - left}/{len(wanted)}"


def _since(incident: Incident, step: Step, now: datetime) -> str:
    record = incident.steps[step.id]
    return rough_minutes((now - record.started_at).total_seconds()) if record.started_at else ""


def _took(incident: Incident, step: Step) -> str:
    run = incident.last_begun(step.id)
    ended = run and run.started_at and run.finished_at
    return rough_minutes((run.finished_at - run.started_at).total_seconds()) if run and ended else ""  # type: ignore[operator]


def phase_row(incident: Incident, phase: Phase, now: datetime) -> Row:
    """Return a phase's line: how many of its steps are settled, and whether its window is overrun."""
    steps = [step for section in phase.sections for step in section.steps]
    number = incident.plan.phases.index(phase) + 1
    summary, tone = _summary(incident, steps)
    late = next(clock.late(now) for clock in clocks.phases(incident) if clock.phase.id == phase.id)
    if late and not phase.optional and not incident.phase_settled(phase) and incident.closed_at is None:
        summary = f"late {summary}"
    return Row("", f"{number} {sanitize(phase.title)}", summary, tone or "strong")


def section_row(incident: Incident, section: Section) -> Row:
    """Return a section's line."""
    summary, tone = _summary(incident, section.steps)
    return Row("", sanitize(section.title), "n/a" if summary == "n/a" else "", tone or "quiet")


def _summary(incident: Incident, steps: list[Step]) -> tuple[str, Tone]:
    states = [incident.state(step.id) for step in steps]
    applying = [state for state in states if state is not StepState.NOT_APPLICABLE]
    if StepState.IN_DOUBT in states:
        return "IN DOUBT", "bad"
    if StepState.FAILED in states:
        return "FAILED", "bad"
    if not applying:
        return "n/a", "quiet"
    settled = sum(state.settled for state in applying)
    if settled == len(applying) and not {StepState.FOUND, StepState.LOOKED}.isdisjoint(applying):
        return "▲ findings", "warn"
    return ("✓", "good") if settled == len(applying) else (f"{settled}/{len(applying)}", "")
