"""Lanes of a drawing: phases with their windows, actions, each system's health."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from journal.report import evidence as ev
from journal.report.drawing.axis import Axis
from journal.report.drawing.shapes import Bar, Lane, shortened
from journal.report.filters import run_end, run_title
from journal.report.model import Report
from journal.wording.durations import exact_duration
from journal.wording.instants import utc

MOST_LANES = 40
"""Lanes of actions that are drawn at most; the report's text has all actions."""
_LABEL = 34
_THINNEST = 2.5
_SIGNS = {"succeeded": "✓", "failed": "✗ failed", "in doubt": "? in doubt", "cancelled": "■ cancelled"}
_OPEN = ("running", "cancelling")
_CHARACTER = 6.0


def phase_lanes(report: Report, axis: Axis) -> list[Lane]:
    """Return a lane for every phase that has a window or was worked on."""
    runs = {run.id: run for run in report.actions}
    lanes = []
    for number, phase in enumerate(report.checklist, 1):
        bars = [*_window(phase, axis), *_worked(phase, runs, axis)]
        if bars:
            lanes.append(Lane(shortened(f"{number} {phase.title}", _LABEL), bars))
    return lanes


def _window(phase: ev.ChecklistPhase, axis: Axis) -> list[Bar]:
    opens, closes = phase.opens_at, phase.closes_at
    if opens is None or opens >= axis.end:
        return []
    tip = f"The plan's window: {phase.window}, {utc(opens)} to {utc(closes) if closes else 'open'}"
    return [_bar(axis, opens, closes or axis.end, "window", tip)]


def _worked(phase: ev.ChecklistPhase, runs: dict[int, ev.ActionRun], axis: Axis) -> list[Bar]:
    steps = [step for section in phase.sections for step in section.steps]
    own = [runs[run] for step in steps for run in step.runs if run in runs]
    times = [step.at for step in steps if step.at] + [run.requested_at for run in own]
    if not times:
        return []
    first, last = min(times), max(times)
    return [_bar(axis, first, last, "worked", f"Worked on: {utc(first)} to {utc(last)}")]


def action_lanes(report: Report, axis: Axis) -> tuple[list[Lane], int]:
    """Return a lane for every step or action that was run, by first run, and how many are left out."""
    lines: dict[str, list[ev.ActionRun]] = {}
    for run in report.actions:
        if run.started_at or run.refused_by:
            lines.setdefault(run.step.id or run.action, []).append(run)
    shown = list(lines.values())[:MOST_LANES]
    return [Lane(_label(runs[0]), _runs(runs, axis)) for runs in shown], len(lines) - len(shown)


def _label(run: ev.ActionRun) -> str:
    return shortened(f"{run.step.number} {run.step.title}" if run.step.number else run.action, _LABEL)


def _runs(runs: list[ev.ActionRun], axis: Axis) -> list[Bar]:
    starts = [axis.x(run.started_at or run.requested_at) for run in runs[1:]]
    bars = [_run(run, until, axis) for run, until in zip(runs, [*starts, axis.right], strict=True)]
    return _seen(bars)


def _run(run: ev.ActionRun, until: float, axis: Axis) -> Bar:
    """Return a run as a bar, with words behind it if they fit before ``until``."""
    start = run.started_at or run.requested_at
    end = axis.end if run.state in _OPEN else run.finished_at or start
    look = run.state.replace(" ", "-") if run.kind == "run" else "dry"
    tip = f"{run_title(run)}: {run_end(run)}, {utc(start)}{f'; {run.summary}' if run.summary else ''}"
    sign = _SIGNS.get(run.state, f"⊘ {run.state}" if run.state == "refused" else run.state)
    return _bar(axis, start, end, look, tip, _fitting(sign, axis.x(end), until))


def _fitting(sign: str, x: float, until: float) -> str:
    for words in (sign, sign.split()[0]):
        if x + _THINNEST + 4 + len(words) * _CHARACTER <= until + (10 if until > 999 else 0):
            return words
    return ""


def health_lanes(report: Report, axis: Axis) -> list[Lane]:
    """Return a lane for every system whose health ever changed."""
    changes: dict[str, list[ev.HealthTransition]] = {}
    for change in report.health:
        changes.setdefault(change.title, []).append(change)
    return [Lane(shortened(title, _LABEL), _seen(_health(found, axis))) for title, found in changes.items()]


def _health(changes: list[ev.HealthTransition], axis: Axis) -> Iterable[Bar]:
    ends = [*(change.at for change in changes[1:]), axis.end]
    for change, end in zip(changes, ends, strict=True):
        look = change.status.replace(" ", "-")
        span = f"{utc(change.at)}, for {exact_duration(max(0.0, (end - change.at).total_seconds()))}"
        yield _bar(axis, change.at, end, f"health {look}", f"{change.status}: {span}", _inside(change, end, axis))


def _inside(change: ev.HealthTransition, end: datetime, axis: Axis) -> str:
    wide = axis.x(end) - axis.x(change.at)
    return change.status if wide > len(change.status) * _CHARACTER + 8 else ""


def _bar(axis: Axis, start: datetime, end: datetime, look: str, tip: str, said: str = "") -> Bar:
    x = axis.x(start)
    return Bar(x, round(max(_THINNEST, axis.x(end) - x), 1), look, tip, said)


def _seen(bars: Iterable[Bar]) -> list[Bar]:
    """Return the bars without those that a bar of the same look and x hides: of ten thousand, few can be seen."""
    seen: dict[tuple[str, float], Bar] = {}
    for bar in bars:
        kept = seen.get((bar.look, bar.x))
        if kept is None or bar.width > kept.width:
            seen[bar.look, bar.x] = bar
    return list(seen.values())
