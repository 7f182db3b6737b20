"""What an exercise told people and waits for: shown on every screen until it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from journal.incident.addressing import is_for, open_for, waits_for
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
    """The inject that came last."""

    at: datetime
    text: str
    to: str = ""


def inject_lines(incident: Incident, last: Given | None, now: datetime, actor: str) -> list[Line]:
    """Return what one person is told: that the clock stands, the inject to answer, and what came last, for a minute.

    What is for others is named, without its words: whoever is meant has them.
    """
    waiting = open_for(incident, actor)
    review = incident.review
    paused = review.paused and incident.closed_at is None
    by = sanitize(short_name(review.paused_by)) or "the facilitator"
    stands = [_line(f"PAUSED by {by}: the clock stands, and what runs waits.", "")] if paused else []
    lines = [_line(_meant(incident, waiting[0].said, waiting[0].to, actor), _answer(waiting))] if waiting else []
    shown = waiting[0].said if waiting else ""
    if last and last.text != shown and (now - last.at).total_seconds() < _SHOWN_FOR_S:
        for_me = is_for(incident, actor, last.to)
        lines.append(
            _line(_meant(incident, last.text, last.to, actor) if for_me else f"{last.to} was told something.", "")
        )
    return stands + lines


def _meant(incident: Incident, text: str, to: str, actor: str) -> str:
    """Return what is told, and that it is for whoever looks; or that nobody here is whom it is for."""
    if not to:
        return text
    mine = {actor, short_name(actor), incident.team.role(actor) or "responder"}
    named = {one.strip().casefold() for one in to.split(",")}
    return f"FOR YOU. {text}" if named & mine else f"{text} (nobody here is {to}: whoever can, answers)"


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
