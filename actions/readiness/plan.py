"""What is looked at in the plan itself: contacts, its review, promises that it cannot keep."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from journal.plan.contradictions import is_placeholder, last_day, warning_findings
from journal.plan.people import Contact
from journal.plan.pinned import Drift, Pin, drifted, pins
from journal.plan.placed import placed_steps
from journal.plan.read import LoadedPlan
from journal.readiness.finding import ReadyFinding, State

_CONFIRMED_D = 92
"""Days: the written plan wants contacts looked at every quarter."""


def look_at_plan(loaded: LoadedPlan, today: date) -> Iterator[ReadyFinding]:
    """Yield where a plan contradicts itself, is overdue, names nobody who could be reached, or scripts that drifted."""
    for path, words in warning_findings(loaded.plan, None, today):
        place = ".".join(str(part) for part in path)
        about = f"plan {place}, line {loaded.source.line(path)}"
        cure = "Correct it there, and let the plan's owner confirm it: cleo plan check."
        yield ReadyFinding(about=about, state="wrong", words=words, cure=cure, stops=False)
    yield from _scripts(loaded)
    for contact in (*loaded.plan.escalation, *loaded.plan.contacts):
        if not is_placeholder(contact.contact):
            yield _confirmed(contact, today)


def _scripts(loaded: LoadedPlan) -> Iterator[ReadyFinding]:
    """Yield how the scripts are that steps are pinned to; what commands run is looked at on their hosts."""
    folder = Path(loaded.source.file).parent
    for _, step in placed_steps(loaded.plan):
        for pin in pins(step, folder):
            if not pin.host and pin.field != ("sha256",):
                yield about_pin(step.id, pin, drifted(pin))


def about_pin(step: str, pin: Pin, drift: Drift | None) -> ReadyFinding:
    """Return how a step's script is: the pinned one, another, or not known."""
    about = f"script {pin.script}{f' on {pin.host}' if pin.host else ''}"
    if drift is None:
        words = "it is the one that the plan was tested with"
        return ReadyFinding(about=about, state="ok", words=words, steps=[step], stops=False)
    cure = "Look what was changed and by whom, test the step, then: cleo plan pin."
    state: State = "wrong" if drift.known else "not measured"
    return ReadyFinding(about=about, state=state, words=drift.words, cure=cure, steps=[step], stops=False)


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
