"""Who does what: who took a step, who leads and who writes down."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from journal.events import types as e
from journal.events.types import RoleName
from journal.incident.state import Incident
from journal.incident.taken import at_work, counted_on, last_sign, worker
from journal.incident.team import PROGRAMS, short_name
from journal.plan.model import Step
from journal.presence import Present
from journal.wording.instants import age, clock
from journal.wording.sanitize import sanitize
from screens.guidance.names import named
from screens.guidance.text import Line, Span, labelled

_MARK = 8
"""Columns of a name in the checklist."""
_FIRST = {"lead": 0, "scribe": 1}


ROLES: dict[RoleName, str] = {
    "lead": "decides, and is asked",
    "scribe": "writes down, and tells people",
    "responder": "works at steps",
}
"""What somebody may be, and what they do then."""


def name_of(actor: str) -> str:
    """Return an actor as people call them: ``ana``."""
    return sanitize(short_name(actor))


def taken_mark(incident: Incident, step_id: str) -> str:
    """Return who works at a step as the checklist shows it: ``@ana``; empty where nobody took it."""
    work = worker(incident, step_id)
    if work is None:
        return ""
    name = name_of(work.by)
    return f"@{name if len(name) <= _MARK else name[: _MARK - 1] + '…'}"


def taken_lines(incident: Incident, step: Step, now: datetime) -> list[Line]:
    """Return who works at a step and since when, and whether they have been silent for long; none for nobody."""
    work = worker(incident, step.id)
    if work is None:
        return []
    silent = "" if counted_on(incident, step.id, now) else f", silent since {clock(last_sign(incident, work))}"
    return [labelled("taken by", Span(sanitize(work.by), "strong"), Span(f"  {age(work.since, now)}{silent}", "quiet"))]


def taken_by_other(incident: Incident, step: Step | None, actor: str, now: datetime) -> str:
    """Return that somebody else works at a step, for NEXT: ``taken by ben``; empty where they are silent for long."""
    work = counted_on(incident, step.id, now) if step else None
    return f"taken by {name_of(work.by)}" if work and work.by != actor else ""


def holder_words(incident: Incident, name: RoleName, actor: str) -> str:
    """Return who has a role that one person has: ``now: ben``; empty where nobody does, and for responders."""
    holder = "" if name == "responder" else incident.team.holder(name)
    return "" if not holder else "now: you" if holder == actor else f"now: {name_of(holder)}"


def told(incident: Incident, event: e.Event, actor: str) -> tuple[str, str, str]:
    """Return what an event says that a person must know at once: a title, what happened, what to do; else empty texts.

    Args:
        incident: its state.
        event: what somebody else wrote.
        actor: who is to be told, as ``user@host``.
    """
    body, who = event.body, name_of(event.actor)
    if event.actor == actor:
        return "", "", ""
    if isinstance(body, e.RoleTaken) and body.name == "lead":
        before = "you" if body.over_from == actor else name_of(body.over_from)
        words = f"{who} leads since {clock(event.at)}{f', no longer {before}' if before else ''}."
        return f"{who} leads now", words, "Ask them; b changes who leads."
    if isinstance(body, e.StepTaken) and body.over_from == actor:
        words = f"{who} works at {named(incident, body.step)} from now on: it was yours."
        return f"{who} took over your step", words, "Say where you were. i at the step takes it back."
    return "", "", ""


def here_lines(here: Iterable[Present]) -> list[str]:
    """Return who has the incident open: ``ana@bastion (console), seen 03:12 UTC``. Seen is when a key was pressed."""
    return [sanitize(f"{one.actor} ({one.place}), seen {clock(one.seen or one.since)}") for one in here]


def others_here(here: Iterable[Present], actor: str) -> str:
    """Return who else has the incident open: ``also here: ben, cyd``; empty where nobody else has."""
    names = dict.fromkeys(name_of(one.actor) for one in here if one.actor != actor)
    return f"also here: {', '.join(names)}" if names else ""


def team_words(incident: Incident, here: Iterable[Present], actor: str) -> str:
    """Return who leads, and who else is here, in a few words for the header."""
    lead = incident.team.holder("lead")
    return ", ".join(filter(None, (f"lead: {name_of(lead)}" if lead else "", others_here(here, actor))))


def taken_steps(incident: Incident) -> list[str]:
    """Return the steps that somebody works at: ``3.2 Restore: ben since 03:05``."""
    found = ((named(incident, step_id), work) for step_id, work in at_work(incident))
    return [f"{step}: {name_of(work.by)} since {work.since:%H:%M}" for step, work in found]


def people(incident: Incident) -> list[str]:
    """Return the people who wrote into the journal, each with their role: the lead first, then the scribe."""
    known = [actor for actor in incident.actors if short_name(actor) not in PROGRAMS]
    roles = {actor: incident.team.role(actor) for actor in known}
    ordered = sorted(known, key=lambda actor: _FIRST.get(roles[actor], len(_FIRST)))
    return [sanitize(f"{actor} ({roles[actor]})" if roles[actor] else actor) for actor in ordered]
