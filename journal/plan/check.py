"""Checks a plan. Errors keep it from being used, warnings do not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Literal

from journal.plan.action_spec import Catalogue
from journal.plan.contradictions import last_day, warning_findings
from journal.plan.model import Plan
from journal.plan.placed import Finding
from journal.plan.read import LoadedPlan
from journal.plan.references import reference_findings
from journal.plan.steps import step_findings
from journal.yamlfile.problem import Problem


def check(loaded: LoadedPlan, catalogue: Catalogue | None, today: date | None = None) -> list[Problem]:
    """Return all errors and warnings of a plan, in the order of its file.

    Args:
        loaded: the plan, as `journal.plan.read.read_plan` returns it.
        catalogue: the actions there are; without it, actions are not checked.
        today: the date by which a review is overdue or not; None: today in UTC.
    """
    found = warning_findings(loaded.plan, catalogue, today or datetime.now(UTC).date())
    warnings = [_problem(loaded, finding, "warning") for finding in found]
    return sorted(errors(loaded, catalogue) + warnings, key=lambda problem: problem.line)


def errors(loaded: LoadedPlan, catalogue: Catalogue | None) -> list[Problem]:
    """Return the errors of a plan, which keep it from being used; parameters as in `check`."""
    plan = loaded.plan
    found = [*reference_findings(plan), *step_findings(plan, catalogue), *_times(plan)]
    return [_problem(loaded, finding, "error") for finding in found]


def _times(plan: Plan) -> Iterator[Finding]:
    for name in ("updated", "review"):
        text = getattr(plan, name)
        if text and last_day(text) is None:
            yield (name,), f"{text!r} is not a date; write it as 2024-04 or 2024-04-15"
    for n, phase in enumerate(plan.phases):
        window = phase.window
        if window and window.start is not None and window.end is not None and window.end <= window.start:
            yield ("phases", n, "window", "end"), "the window ends before it begins"
        if window and window.at_least is not None and (window.lasts is None or window.lasts < window.at_least):
            yield ("phases", n, "window", "at_least"), "must come with lasts, and be no longer"
    for n, backup in enumerate(plan.backups):
        if len(backup.schedule.split()) != 5 and not backup.schedule.startswith("@"):
            yield ("backups", n, "schedule"), f"{backup.schedule!r} is no cron schedule: it has five fields"


def _problem(loaded: LoadedPlan, finding: Finding, level: Literal["error", "warning"]) -> Problem:
    path, message = finding
    return Problem(loaded.source.file, loaded.source.line(path), path, message, level)
