"""What is looked at in the plan itself: contacts, its review, promises that it cannot keep."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from journal.plan.contradictions import is_placeholder, last_day, warning_findings
from journal.plan.people import Contact
from journal.plan.read import LoadedPlan
from journal.readiness.finding import ReadyFinding

_CONFIRMED_D = 92
"""Days: the written plan wants contacts looked at every quarter."""


def look_at_plan(loaded: LoadedPlan, today: date) -> Iterator[ReadyFinding]:
    """Yield where a plan contradicts itself, is overdue, or names nobody who could be reached."""
    for path, words in warning_findings(loaded.plan, None, today):
        place = ".".join(str(part) for part in path)
        about = f"plan {place}, line {loaded.source.line(path)}"
        cure = "Correct it there, and let the plan's owner confirm it: cleo plan check."
        yield ReadyFinding(about=about, state="wrong", words=words, cure=cure, stops=False)
    for contact in (*loaded.plan.escalation, *loaded.plan.contacts):
        if not is_placeholder(contact.contact):
            yield _confirmed(contact, today)


def _confirmed(contact: Contact, today: date) -> ReadyFinding:
    """Return when somebody last answered at a contact."""
    about, day = f"contact {contact.role}", last_day(contact.confirmed)
    cure = f"Have {contact.contact} answer, then write down when in the plan (confirmed: {today:%Y-%m-%d})."
    if day is None:
        words = f"nobody wrote down when {contact.contact} last answered"
        return ReadyFinding(about=about, state="not measured", words=words, cure=cure, stops=False)
    words = f"{contact.contact} answered {contact.confirmed}"
    if (today - day).days > _CONFIRMED_D:
        words += f", {(today - day).days} days ago"
        return ReadyFinding(about=about, state="wrong", words=words, cure=cure, stops=False)
    return ReadyFinding(about=about, state="ok", words=words, stops=False)
