"""Short forms for the report's first page and chapters, of what its appendix has in full."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from journal.incident.records import StepState
from journal.report import evidence as ev
from journal.report.model import LegalRow, Report
from journal.report.results import RpoResult
from journal.report.review import CallEntry, ValidationResult
from journal.wording.durations import exact_duration

NOT_DONE = "not done"
_FEW = 6
"""Steps of one kind that are named with their titles; of more, the numbers are given."""
_MOST_LEFT = 3
"""Things that were not in order at the close and are named; the others are counted."""
_PATH = re.compile(r"(?<![\w:/.~-])~?/(?:[^\s/:;,'\"()<>|]+/)+([^\s/:;,'\"()<>|]*)")


class Point(NamedTuple):
    """A bullet: what it is about, in bold, and the rest."""

    what: str
    text: str


def without_paths(text: str) -> str:
    """Return text with every path of a machine cut to its last part: ``…/data``."""
    return _PATH.sub(r"…/\1", text)


def label(step: ev.StepName) -> str:
    """Return a step with its number and title: ``3.2.4 Restore from latest backup``."""
    return f"{step.number} {step.title}" if step.number else step.id


def at_systems(each: Iterable[ev.StateAt]) -> str:
    """Return a step's states at several systems: ``PostgreSQL orders: done; PostgreSQL users: failed — 2 differ``."""
    return "; ".join(f"{at.title}: {at.state}{f' — {at.note}' if at.note else ''}" for at in each)


def _everywhere(result: ValidationResult) -> str:
    where = f" (at {', '.join(at.title for at in result.each)})" if result.each else ""
    return f"{label(result.step)}{where}"


def labels(steps: Iterable[ev.StepName]) -> str:
    """Return several steps: with their titles where they are few, else by their numbers."""
    named = list(steps)
    return "; ".join(label(step) if len(named) <= _FEW else step.number or step.id for step in named)


def open_points(points: Iterable[ev.OpenPoint]) -> list[Point]:
    """Return open points by kind, each kind once."""
    kinds: dict[str, list[ev.OpenPoint]] = {}
    for point in points:
        kinds.setdefault(point.what, []).append(point)
    return [Point(what, _points(found)) for what, found in kinds.items()]


def _points(found: list[ev.OpenPoint]) -> str:
    if len(found) > _FEW and all(point.step.id for point in found):
        return labels(point.step for point in found)
    return "; ".join(f"{label(p.step)}{' — ' if p.step.id and p.detail else ''}{p.detail}" for p in found)


def deviation_reason(deviation: ev.DeviationEntry) -> str:
    """Return why somebody deviated; of what was not in order at the close, the first things only."""
    things = deviation.reason.split("; ")
    if deviation.step.id or len(things) <= _MOST_LEFT:
        return deviation.reason
    return f"{'; '.join(things[:_MOST_LEFT])}; and {len(things) - _MOST_LEFT} more"


def passed(validation: Iterable[ValidationResult]) -> str:
    """Return what was measured and found to be right, by its steps."""
    return "; ".join(_everywhere(result) for result in validation if result.state == StepState.DONE and result.measured)


def not_passed(validation: Iterable[ValidationResult]) -> list[ValidationResult]:
    """Return what was tried or left out, and did not plainly pass."""
    plain = (StepState.DONE, StepState.MARKED_DONE, NOT_DONE)
    return [result for result in validation if result.state not in plain]


def not_validated(validation: Iterable[ValidationResult]) -> str:
    """Return the steps that would validate something and were not done."""
    return "; ".join(_everywhere(result) for result in validation if result.state == NOT_DONE)


def on_a_word(report: Report) -> str:
    """Return what was validated on a person's word alone; with what they said, unless a deviation says it."""
    said = {entry.step.id for entry in report.deviations}
    found = [result for result in report.validation if result.state == StepState.MARKED_DONE]
    return "; ".join(
        _everywhere(result) + (f" — {result.text}" if result.text and result.step.id not in said else "")
        for result in found
    )


def loss_known(results: Iterable[RpoResult]) -> list[RpoResult]:
    """Return the recovery point objectives of which something was measured."""
    return [result for result in results if result.verdict != "not measured"]


def loss_not_measured(results: Iterable[RpoResult]) -> str:
    """Return the recovery point objectives of which nothing was measured: ``MongoDB (15 min), Redis (15 min)``."""
    unknown = (result for result in results if result.verdict == "not measured")
    return ", ".join(f"{result.title} ({exact_duration(result.target_s)})" for result in unknown)


def legal_clocks(rows: Iterable[LegalRow]) -> list[LegalRow]:
    """Return the legal duties that have a deadline."""
    return [row for row in rows if row.plan_until or row.law_until]


def calls_made(calls: Iterable[CallEntry]) -> list[CallEntry]:
    """Return the calls to somebody, without the levels that nobody called."""
    return [call for call in calls if call.verdict not in ("not called", "not needed")]


def not_called(calls: Iterable[CallEntry]) -> str:
    """Return the levels that nobody called, and that the response team needs: ``L1 On-Call Engineer, L3 CTO``."""
    return ", ".join(f"{call.level} {call.role}".strip() for call in calls if call.verdict == "not called")


def phases(report: Report) -> list[ev.ChecklistPhase]:
    """Return the phases in which anything was done."""
    idle = {"not done", "not applicable", "not needed", "not possible", "ready", "waiting"}
    return [phase for phase in report.checklist if set(phase.counts) - idle]


_TOLD_BY_NOTE = (StepState.SKIPPED, StepState.MARKED_DONE, StepState.NEEDLESS, StepState.IMPOSSIBLE)
"""The states that no run of the step tells of, so that its note is said."""


def remarkable_steps(report: Report) -> list[Point]:
    """Return the steps that were settled and not plainly done, where no other chapter says so already.

    What a run said of itself is in the course of events.
    """
    said = {result.step.id for result in report.validation} | {entry.step.id for entry in report.deviations}
    said |= {step.step.id for step in report.communications}
    kinds: dict[str, list[str]] = {}
    for phase in report.checklist:
        for step in (step for section in phase.sections for step in section.steps):
            kind = "" if step.step.id in said else _kind(step)
            if kind:
                told = step.state in _TOLD_BY_NOTE and step.note
                kinds.setdefault(kind, []).append(label(step.step) + (f" — {step.note}" if told else ""))
    return [Point(kind, "; ".join(found)) for kind, found in kinds.items()]


def _kind(step: ev.ChecklistStep) -> str:
    if step.state in (StepState.FOUND, StepState.TRIED, StepState.SKIPPED, StepState.NEEDLESS, StepState.IMPOSSIBLE):
        return step.state
    if step.state == StepState.LOOKED:
        return "looked at a part only"
    if step.state != StepState.MARKED_DONE:
        return ""
    if step.kind in ("action", "command"):
        return "done by hand, the program cannot do it"
    left = any(item.needed and not item.checked for item in step.items)
    return "marked done, not everything ticked" if left else ""
