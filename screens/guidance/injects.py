"""What an exercise told people and waits for: shown on every screen until it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from journal.events.types import Event, FacilitatorSaid, InjectGiven
from journal.incident.addressing import is_for, is_meant, open_for, waits_for
from journal.incident.review import Told
from journal.incident.state import Incident
from journal.incident.team import short_name
from journal.wording.sanitize import sanitize
from screens.guidance.text import Line, Span, line

_SHOWN_FOR_S = 60.0
"""Seconds for which an inject that wants no answer is shown; the timeline keeps it."""
_LONGEST = 210
"""Characters of an inject that are shown here: the timeline (t) has all of it."""


class Given(NamedTuple):
    """What people were told last; ``inject``: it is an inject that waits for an answer, and is shown as such."""

    at: datetime
    text: str
    to: str = ""
    inject: bool = False


def given_to(incident: Incident, event: Event, actor: str) -> Given | None:
    """Return what an event tells one person; None: nothing, or it is for others.

    Args:
        incident: the state, that event folded in.
        event: the event.
        actor: who sits here.
    """
    body = event.body
    if not isinstance(body, InjectGiven | FacilitatorSaid) or not is_for(incident, actor, body.to):
        return None
    waits = isinstance(body, InjectGiven) and body.inject in incident.review.told
    return Given(event.at, body.text, body.to, inject=waits)


def inject_lines(incident: Incident, last: Given | None, now: datetime, actor: str) -> list[Line]:
    """Return what one person is told: that the clock stands, the inject to answer, and what came last, for a minute.

    What is for others is not here: whoever is meant has it, and the timeline.
    """
    waiting = open_for(incident, actor)
    paused = incident.review.paused and incident.closed_at is None
    by = sanitize(short_name(incident.review.paused_by)) or "the facilitator"
    lines = [_line(f"PAUSED by {by}: the clock stands, and what runs waits.", "")] if paused else []
    lines += [_line(f"{words}.", "") for words in rewound_words(incident, now)]
    if waiting:
        lines.append(_line(_meant(incident, waiting[0].asked, waiting[0].to, actor), _answer(waiting)))
    if last and not last.inject and (now - last.at).total_seconds() < _SHOWN_FOR_S and is_for(incident, actor, last.to):
        lines.append(_line(_meant(incident, last.text, last.to, actor), ""))
    return lines


def rewound_words(incident: Incident, now: datetime) -> list[str]:
    """Return for a minute that the exercise was taken back, as a list of none or one."""
    if not incident.rewound or (now - incident.rewound[-1].back_to).total_seconds() >= _SHOWN_FOR_S:
        return []
    last = incident.rewound[-1]
    by = sanitize(short_name(last.by))
    return [f"REWOUND by {by} to {last.back_to:%H:%M:%S}: what came after does not count, play on from there"]


def _meant(incident: Incident, text: str, to: str, actor: str) -> str:
    """Return what is told, and that it is for whoever looks; or that nobody here is whom it is for."""
    if not to:
        return text
    return f"FOR YOU, {to}: {text}" if is_meant(incident, actor, to) else f"For {to}, whom nobody here is: {text}"


def answer_words(incident: Incident, actor: str) -> str:
    """Return what NEXT says while this person was told something that they can answer; empty while there is nothing."""
    told = waits_for(incident, actor)
    if told is None:
        return ""
    if told.choices:
        return "answer what you were asked: one of the choices, by its number, and why"
    return "answer what you were asked, in words" if told.words else _BY_NOTE


_BY_NOTE = "answer what you were told: a note of what you do about it"


def _answer(waiting: Sequence[Told]) -> str:
    others = len(waiting) - 1
    return f"  not answered, and {others} more: t" if others else "  not answered"


def _line(text: str, more: str) -> Line:
    text = sanitize(text)
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return line(Span(" EXERCISE ", "caution"), f" {shown}", Span(more, "urgent"))
