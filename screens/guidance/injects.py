"""What an exercise told people and waits for: shown on every screen until it is answered."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from journal.incident.state import Incident
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


def inject_lines(incident: Incident, last: Given | None, now: datetime) -> list[Line]:
    """Return the inject to answer, the latest of several; and the one that came last, for a minute."""
    waiting = list(incident.review.unanswered.values()) if incident.closed_at is None else []
    paused = incident.review.paused and incident.closed_at is None
    stands = [_line("The facilitator has stopped the clock.", "")] if paused else []
    lines = [_line(waiting[-1], _answer(len(waiting) - 1))] if waiting else []
    if last and last.text not in waiting and (now - last.at).total_seconds() < _SHOWN_FOR_S:
        lines.append(_line(last.text, ""))
    return stands + lines


def answer_words(incident: Incident) -> str:
    """Return what NEXT says while people were told something that a note answers; empty while nothing waits for one."""
    waits = incident.closed_at is None and incident.review.wants_note
    return "answer what you were told: a note of what you do about it" if waits else ""


def _answer(others: int) -> str:
    return f"  not answered, and {others} more: t" if others else "  not answered"


def _line(text: str, more: str) -> Line:
    text = sanitize(text)
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return line(Span(" EXERCISE ", "caution"), f" {shown}", Span(more, "urgent"))
