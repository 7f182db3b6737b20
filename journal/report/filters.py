"""The filters of both templates: they put the report's values into words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from shlex import join
from typing import Any

from journal.events.exposure import Exposure
from journal.exercise.assessment import RATING_WORDS
from journal.incident.records import StepState
from journal.report import condensed
from journal.report import evidence as ev
from journal.report.customers import CustomerReport
from journal.report.impact_bar import Bars, span_of, text_bar
from journal.report.model import Report, SystemImpact
from journal.report.results import RpoResult
from journal.report.review import CallEntry, SignatureEntry, ValidationResult, WrittenField
from journal.report.summary import KINDS
from journal.report.times import Times
from journal.report.words import call, exit_status
from journal.wording.counting import count
from journal.wording.durations import exact_duration
from journal.wording.exposure import exposure_span
from journal.wording.instants import offset

TEMPLATES = Path(__file__).parent / "templates"


def achieved(seconds: float | None) -> str:
    """Return a duration, or ``not measured``."""
    return "not measured" if seconds is None else exact_duration(seconds)


def from_zero(seconds: float | None) -> str:
    """Return an offset from the disruption; empty where there is none."""
    return "" if seconds is None else offset(seconds)


def run_title(run: ev.ActionRun) -> str:
    """Return a run's title: the action, the system, whether it was a dry run or a look, and the attempt."""
    marks = {"dry run": " (dry run)", "probe": " (look into a doubtful run)"}
    again = f", attempt {run.attempt}" if run.attempt > 1 else ""
    where = f" at {run.system}" if run.system else ""
    return f"{run.action}{where}{marks.get(run.kind, '')}{again}"


def run_end(run: ev.ActionRun) -> str:
    """Return how a run ended, with how long it took."""
    verdict = f", resolved by a person as {run.verdict.replace('_', ' ')}" if run.verdict else ""
    took = f" after {exact_duration(run.duration_s)}" if run.duration_s is not None else ""
    partial = f", a partial look ({run.partial})" if run.partial else ""
    return f"{run.state}{took}{partial}{verdict}"


def run_call(run: ev.ActionRun) -> str:
    """Return what was called: the command's argv, or the action with its parameters."""
    return join(run.command) if run.command else call(run.action, run.params)


def program(run: ev.ProgramRun) -> str:
    """Return how a program ended."""
    took = f" after {exact_duration(run.duration_s)}" if run.duration_s is not None else ""
    again = ", seen by a new runner" if run.reattached else ""
    return f"{exit_status(run.code) if run.finished_at else 'no end in the journal'}{took}{again}"


def counts(states: Mapping[str, int]) -> str:
    """Return how many steps are in which state: ``3 done, 1 skipped``."""
    return ", ".join(f"{number} {state}" for state, number in states.items())


def kind_words(kind: str) -> str:
    """Return what an incident's kind means."""
    return next(words for name, words in KINDS.items() if name.value == kind)


def growth(signature: SignatureEntry) -> str:
    """Return whether the journal has grown since somebody signed."""
    if signature.events_seen is None or signature.events_since is None:
        return "THIS JOURNAL HAS NO SUCH HEAD: it was signed over another one, or this one was altered since"
    if not signature.events_since:
        return "nothing but signatures was written since"
    named = (f"{number} {re.sub('[._]', ' ', name)}" for name, number in signature.since.items())
    return f"written since: {', '.join(named)}"


def response(call: CallEntry) -> str:
    """Return how soon somebody answered, against what the plan promises."""
    took = f" after {exact_duration(call.response_s)}" if call.response_s is not None else ""
    promised = f", promised within {exact_duration(call.promised_s)}" if call.promised_s is not None else ""
    return f"{call.verdict}{took}{promised}"


def proof(result: ValidationResult) -> str:
    """Return a validation's result, and whether it was measured or stated by a person."""
    if result.state == StepState.FOUND:
        return "passed, measured, with findings"
    if result.state not in (StepState.DONE, StepState.MARKED_DONE):
        return result.state
    return "passed, measured" if result.measured else "passed, on a person's word"


def rating(letter: str) -> str:
    """Return an objective's rating with its words: ``P, performed without challenges``."""
    return f"{letter}, {RATING_WORDS[letter]}"


def rating_class(letter: str) -> str:
    """Return the class of the style sheet that shows a rating."""
    return {"P": "good", "S": "warn", "M": "warn", "U": "bad"}[letter]


def mark(kind: str) -> str:
    """Return in words what kind of note the facilitator took of somebody; empty for one that is neither."""
    return {"good": "done well", "improve": "to improve", "note": ""}[kind]


def or_not(text: str) -> str:
    """Return what a person wrote, or ``not written``."""
    return text or "not written"


def ticks(step: ev.ChecklistStep) -> str:
    """Return how much of a step's list is ticked: ``2 of 3 ticked, not: On-call engineer answered``."""
    wanted = [item for item in step.items if item.needed or item.checked]
    missing = [item.text for item in wanted if not item.checked]
    done = f"{len(wanted) - len(missing)} of {len(wanted)} ticked"
    return f"{done}, not: {'; '.join(missing)}" if missing else done


def bar_lines(report: Report | CustomerReport) -> list[str]:
    """Return the service impact as lines of text."""
    return text_bar(*_shown(report))


def bars(report: Report | CustomerReport) -> Bars:
    """Return the service impact as bars to be drawn."""
    return Bars.of(*_shown(report))


def _shown(report: Report | CustomerReport) -> tuple[list[SystemImpact], datetime, datetime]:
    impacts = report.impact if isinstance(report.impact, list) else [report.impact]
    return impacts, *span_of(impacts, report.as_of)


def loss(result: RpoResult) -> str:
    """Return how much data was lost; ``not known`` where no more than a lower bound of nothing is known."""
    return result.lost or "not measured"


def exposure(found: Exposure) -> str:
    """Return what would have been lost, and when that was measured, if it was: ``40 s at 12:00:03 UTC``."""
    at = f" at {found.at:%H:%M:%S} UTC" if found.at and found.seconds is not None else ""
    return f"{exposure_span(found)}{at}"


def zoned(zone: str) -> str:
    """Return the heading of a column of times, with their zones."""
    return f"Time (UTC / {zone})" if zone else "Time (UTC)"


def named(fields: Iterable[WrittenField], name: str) -> WrittenField:
    """Return the field of that name."""
    return next(field for field in fields if field.name == name)


def css_string(text: str) -> str:
    """Return ``text`` without characters that could end a string in a style sheet."""
    return "".join(char for char in text if char.isalnum() or char in "-_. ")


def filters(times: Times) -> dict[str, Callable[..., Any]]:
    """Return all filters by name, for the time zone of ``times``."""
    return _FILTERS | {"instant": times.instant, "stamp": times.stamp}


_FILTERS: dict[str, Callable[..., Any]] = {
    "achieved": achieved,
    "argv": join,
    "count_of": count,
    "counts": counts,
    "css_string": css_string,
    "duration": exact_duration,
    "exposure": exposure,
    "from_zero": from_zero,
    "growth": growth,
    "kind_words": kind_words,
    "named": named,
    "open_by_kind": condensed.open_points,
    "deviation_reason": condensed.deviation_reason,
    "on_a_word": condensed.on_a_word,
    "at_systems": condensed.at_systems,
    "passed": condensed.passed,
    "not_passed": condensed.not_passed,
    "not_validated": condensed.not_validated,
    "loss_known": condensed.loss_known,
    "loss_not_measured": condensed.loss_not_measured,
    "legal_clocks": condensed.legal_clocks,
    "calls_made": condensed.calls_made,
    "not_called": condensed.not_called,
    "bar_lines": bar_lines,
    "bars": bars,
    "loss": loss,
    "ticks": ticks,
    "worked_phases": condensed.phases,
    "remarkable_steps": condensed.remarkable_steps,
    "step_labels": condensed.labels,
    "offset": offset,
    "or_not": or_not,
    "program": program,
    "proof": proof,
    "mark": mark,
    "rating": rating,
    "rating_class": rating_class,
    "response": response,
    "run_call": run_call,
    "run_end": run_end,
    "run_title": run_title,
    "step_label": condensed.label,
    "zoned": zoned,
}
