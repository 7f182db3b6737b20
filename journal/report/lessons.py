"""What an incident teaches its plan: steps that took longer, were left out, failed, or were run otherwise. Pure.

They become a patch to the plan's file: what was measured changes a field, what people did or wrote is a comment at the
step, for whoever writes the next version.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from math import ceil
from typing import Any, NamedTuple

from journal.plan.placed import placed_steps
from journal.plan.read import LoadedPlan
from journal.report.model import Report
from journal.wording.durations import Duration
from journal.yamlfile.edit import CannotEdit, Edits
from journal.yamlfile.problem import FilePath

_MUCH_LONGER = 1.25
"""So many times what the plan expects is worth a change."""
_WRITTEN = ("went wrong", "lessons", "residual risk")
"""The fields of the report that say what should be otherwise."""


class Lesson(NamedTuple):
    """One thing that the plan may learn.

    Attributes:
        step: the step's id; empty for the plan as a whole.
        text: what was so, in the words of the journal.
        field: the field that should have another value; empty for none.
        value: that value, as YAML.
    """

    step: str
    text: str
    field: str = ""
    value: str = ""

    def __str__(self) -> str:
        """Return it as a line."""
        where = f"{self.step}: " if self.step else ""
        return f"{where}{self.text}" + (f" [{self.field}: {self.value}]" if self.field else "")


def lessons(report: Report, plan: LoadedPlan) -> list[Lesson]:
    """Return what an incident teaches a plan, in the order of the plan's steps, then what is about no step of it."""
    found = [*_durations(report, plan), *_runs(report, plan), *_deviations(report), *_notes(report), *_to_do(report)]
    order = {step: place for place, step in enumerate(plan.plan.by_id)}
    return sorted(dict.fromkeys(found), key=lambda lesson: order.get(lesson.step, len(order)))


def _durations(report: Report, plan: LoadedPlan) -> Iterator[Lesson]:
    """Yield steps that took longer than the plan expects, or of which it expects nothing."""
    if report.incident.kind == "TABLETOP":
        return
    longest: dict[str, float] = {}
    for run in report.actions:
        if run.kind == "run" and run.state == "succeeded" and not run.partial:
            longest[run.step.id] = max(longest.get(run.step.id, 0), run.duration_s or 0)
    for name, took in longest.items():
        step = plan.plan.by_id.get(name)
        if step and took >= 1 and took > step.expect * _MUCH_LONGER:
            better = str(_rounded(took))
            expected = f"the plan expects {step.expect}" if step.expect else "the plan expects nothing"
            yield Lesson(name, f"took {_rounded(took, 1)}, {expected}", "expect", better)


def _rounded(seconds: float, to: int = 0) -> Duration:
    """Return a time rounded up to what people would write."""
    unit = to or (10 if seconds <= 60 else 60 if seconds <= 3600 else 300)
    return Duration(ceil(seconds / unit) * unit)


def _runs(report: Report, plan: LoadedPlan) -> Iterator[Lesson]:
    """Yield runs that failed, those with other parameters than the plan has, and those of no step."""
    for run in report.actions:
        step = plan.plan.by_id.get(run.step.id)
        if run.kind != "run" or (not run.step.id and run.state == "refused"):
            continue
        if not run.step.id:
            yield Lesson("", f"{run.action} ({_params(run.params)}) was run, which is no step of the plan: {run.state}")
        elif run.state in ("failed", "in doubt") or run.partial:
            yield Lesson(run.step.id, f"{run.state}: {run.summary or run.partial or run.in_doubt or 'no summary'}")
        elif step and step.action == run.action and run.state == "succeeded" and run.params != step.params:
            yield Lesson(run.step.id, f"was run with {_params(run.params)}; the plan has {_params(step.params)}")


def _params(params: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in params.items()) or "no parameters"


def _deviations(report: Report) -> Iterator[Lesson]:
    for one in report.deviations:
        yield Lesson(one.step.id, f"{one.what} by {one.by}" + (f": {one.reason}" if one.reason else ""))


def _notes(report: Report) -> Iterator[Lesson]:
    """Yield what people wrote at steps, and into the report's fields."""
    for phase in report.checklist:
        for section in phase.sections:
            for entry in section.steps:
                if entry.note and entry.kind == "manual" and entry.state != "skipped":
                    yield Lesson(entry.step.id, f"noted by {entry.by}: {entry.note}")
    for note in report.timeline:
        if note.type == "note.added" and note.step.id:
            yield Lesson(note.step.id, f"noted by {note.actor}: {note.text}")
    for field in report.fields:
        if field.text and field.name in _WRITTEN:
            yield Lesson("", f"{field.title}: {field.text}")


def _to_do(report: Report) -> Iterator[Lesson]:
    for item in report.action_items:
        who = ", ".join(filter(None, (item.owner, item.due)))
        yield Lesson("", f"to do, {item.id}{f' ({who})' if who else ''}: {item.text}")


def patched(plan: LoadedPlan, text: str, incident: str, found: list[Lesson]) -> str:
    """Return the plan's file with what was learned: fields that were measured, and comments at the steps.

    Args:
        plan: the plan, as read from ``text``.
        text: the file's content.
        incident: the incident's id, which each comment begins with.
        found: what `lessons` returned.
    """
    edits = Edits(text, plan.source.lines)
    paths: dict[str, FilePath] = {step.id: path for path, step in placed_steps(plan.plan)}
    for lesson in found:
        where = paths.get(lesson.step, ())
        said = lesson.text if where or not lesson.step else f"{lesson.step}: {lesson.text}"
        if lesson.field and where:
            try:
                edits.set(where, lesson.field, lesson.value)
            except CannotEdit:
                said = str(lesson._replace(step=""))
        edits.comment(where, [f"{incident}: {' '.join(said.split())}"])
    return edits.text()


def unified(old: str, new: str, name: str) -> str:
    """Return a unified diff that ``patch -p1`` and ``git apply`` take; empty where nothing differs."""
    before, after = (re.findall(r"[^\n]*\n|[^\n]+\Z", text) for text in (old, new))
    rows = difflib.unified_diff(before, after, f"a/{name}", f"b/{name}")
    return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows)
