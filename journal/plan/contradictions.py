"""Warnings about a plan that can be used: contradictions, placeholders, overdue reviews, planned actions."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date

from journal.plan.action_spec import Catalogue
from journal.plan.model import Plan
from journal.plan.people import LegalClock
from journal.plan.placed import Finding
from journal.wording.durations import Duration
from journal.yamlfile.problem import FilePath

_PLACEHOLDER = re.compile(r"X{3}|@vendor\.|@(?:[\w-]+\.)*example\.(?:com|net|org)\b|\bTODO\b|\bTBD\b")
_MONTH = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?\Z")


def warning_findings(plan: Plan, catalogue: Catalogue | None, today: date) -> Iterator[Finding]:
    """Yield where the plan contradicts itself or the law, is overdue, has placeholders, or uses planned actions."""
    yield from _windows_against_rto(plan)
    yield from _unprovable_tiers(plan)
    yield from _alerts_against_rpo(plan)
    for place, clock in enumerate(plan.compliance):
        yield from _law(clock, ("compliance", place, "deadline"))
    yield from _placeholders(plan)
    yield from _overdue(plan, today)
    if catalogue is not None:
        yield from _not_available(plan, catalogue)


def windows_total(plan: Plan) -> tuple[Duration, Duration]:
    """Return the least and the most time that the windows of the phases add up to, without optional phases."""
    windows = [phase.window for phase in plan.phases if phase.window and not phase.optional]
    fixed = max((window.end for window in windows if window.end is not None), default=0)
    most = sum(window.lasts for window in windows if window.lasts is not None)
    least = sum(window.at_least or window.lasts or 0 for window in windows)
    return Duration(fixed + least), Duration(fixed + most)


def _windows_against_rto(plan: Plan) -> Iterator[Finding]:
    least, most = windows_total(plan)
    total = str(most) if least == most else f"{least} to {most}"
    for name, tier in plan.objectives.rto.items():
        if tier.rto < most:
            yield (
                ("objectives", "rto", name, "rto"),
                f"{tier.rto} is promised, but the phases' windows add up to {total}",
            )


def _unprovable_tiers(plan: Plan) -> Iterator[Finding]:
    for name, tier in plan.objectives.rto.items():
        if not tier.validated_by:
            yield ("objectives", "rto", name), f"no step validates {tier.title}: its RTO can never be shown to be met"


def _alerts_against_rpo(plan: Plan) -> Iterator[Finding]:
    for place, alert in enumerate(plan.alerts):
        data = plan.objectives.rpo.get(alert.data)
        if data and alert.after > data.rpo:
            yield (
                ("alerts", place, "after"),
                f"{alert.name} fires {alert.after} after the fault, but the RPO of {data.title} is {data.rpo}: "
                "it is missed before anyone hears of it",
            )


def _law(clock: LegalClock, path: FilePath) -> Iterator[Finding]:
    if clock.deadline is None or clock.law_deadline is None or clock.deadline == clock.law_deadline:
        return
    verdict = "later than the law allows" if clock.deadline > clock.law_deadline else "stricter than the law"
    source = f" ({clock.source})" if clock.source else ""
    yield path, f"{clock.title}: the plan says {clock.plan!r}, {verdict}: {clock.law_deadline}{source}"


def _placeholders(plan: Plan) -> Iterator[Finding]:
    for part in ("escalation", "contacts"):
        for place, contact in enumerate(getattr(plan, part)):
            if is_placeholder(contact.contact):
                yield (
                    (part, place, "contact"),
                    f"{contact.role}: {contact.contact!r} is a placeholder; nobody can be reached",
                )


def is_placeholder(contact: str) -> bool:
    """Return whether a contact was never filled in."""
    return _PLACEHOLDER.search(contact) is not None


def _overdue(plan: Plan, today: date) -> Iterator[Finding]:
    due = last_day(plan.review)
    if due and due < today:
        yield ("review",), f"the review was due {plan.review}; it is overdue by {(today - due).days} d"


def last_day(text: str) -> date | None:
    """Return the last day of ``2024-04`` or ``2024-04-15``; None where the text is no month or day."""
    match = _MONTH.match(text)
    if not match:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except (ValueError, calendar.IllegalMonthError):
        return None


def _not_available(plan: Plan, catalogue: Catalogue) -> Iterator[Finding]:
    used = [step.action for step in plan.steps() if step.action]
    planned = [name for name in used if name in catalogue and not catalogue[name].available]
    if planned:
        names = ", ".join(sorted(set(planned)))
        yield (
            ("phases",),
            f"{len(planned)} of {len(used)} actions are not available yet and must be done by hand: {names}",
        )
