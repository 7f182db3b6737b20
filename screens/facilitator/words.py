"""What the facilitator's console says of injects and participants."""

from __future__ import annotations

from datetime import datetime

from journal.incident.team import short_name
from journal.wording.durations import exact_duration
from journal.wording.instants import age
from journal.wording.sanitize import sanitize
from screens.facilitator.following import InjectRow, Person
from screens.guidance.text import Line, Span, Tone, labelled, line

_STATE_WIDTH, _ID_WIDTH = 24, 14
_LATE_S = 5.0
"""Seconds after its time in which an inject that has its cause was surely given."""
_MARKS = {"good": "+", "improve": "-", "note": "·"}


def inject_line(row: InjectRow, now: datetime, *, paused: bool = False, over: bool = False) -> Line:
    """Return an inject in one line: how it stands, its id, its text.

    Args:
        row: the inject.
        now: the exercise's time.
        paused: whether its clock stands.
        over: whether it is closed.
    """
    symbol, words, tone = _OVER[row.state] if over and row.state in _OVER else _state(row, now, paused)
    shown = f"{symbol} {words}"
    name = sanitize(row.inject.id)[: _ID_WIDTH - 1]
    return line(Span(f"{shown:<{_STATE_WIDTH}}", tone), Span(f"{name:<{_ID_WIDTH}}", "strong"), sanitize(row.text))


_OVER: dict[str, tuple[str, str, Tone]] = dict.fromkeys(("comes", "waits", "held"), ("·", "never came", "quiet"))
_OVER["open"] = ("!", "never answered", "urgent")


def _state(row: InjectRow, now: datetime, paused: bool) -> tuple[str, str, Tone]:
    seconds = round((now - row.at).total_seconds()) if row.at else 0
    if row.state == "open":
        return "!", f"open, {exact_duration(max(0, seconds))}", "urgent"
    if row.state == "answered":
        took = (row.answered[0] - row.at).total_seconds() if row.answered and row.at else 0
        return "✓", f"answered, {exact_duration(round(took))}", "good"
    if row.state == "comes":
        if seconds > _LATE_S and not paused:
            return "·", "its cause is gone", "quiet"
        return "»", f"in {exact_duration(max(0, -seconds))}", "busy"
    if row.state == "waits" and row.inject.by_hand:
        return "○", "by hand: g", "quiet"
    plain: dict[str, tuple[str, str, Tone]] = {
        "told": ("✓", "told", "quiet"),
        "held": ("‖", "held", "warn"),
        "skipped": ("·", "left out", "quiet"),
        "waits": ("○", "waits", "quiet"),
    }
    return plain[row.state]


def inject_detail(row: InjectRow) -> list[Line]:
    """Return all that is to be known of an inject: its text, what is expected, what answers it, when it comes."""
    wait = exact_duration(row.inject.at_s)
    when = f"{wait} after: {row.after}" if row.after else f"{wait} after the start"
    lasts = "; while " + ", ".join(f"{name} is {word}" for name, word in row.inject.lasts.items())
    lines = [
        labelled(
            "told", Span(f"for {sanitize(row.to)}: ", "warn") if row.to else "", Span(sanitize(row.text), "strong")
        ),
        labelled("expected", sanitize(row.inject.expected) or Span("nothing: it only tells", "quiet")),
    ]
    if row.answered:
        lines.append(labelled("answer", Span(sanitize(row.answered[1]), "good")))
    elif row.answers:
        lines.append(labelled("answer", sanitize(" or ".join(row.answers))))
    if row.inject.hints or row.hints:
        left = f"{len(row.hints)} given" + (f"; next: {row.next_hint}" if row.next_hint else "")
        lines.append(labelled("hints", sanitize(left)))
    if row.inject.by_hand:
        when = "when you give it"
    return [*lines, labelled("comes", Span(sanitize(when + (lasts if row.inject.lasts else "")), "quiet"))]


def person_line(person: Person, now: datetime) -> Line:
    """Return a participant in one line: what is noted of them, and what they did last."""
    marks = "".join(_MARKS[mark.mark] for mark in person.marks)
    did = f"{sanitize(person.did)}  "
    return line(
        Span(f"{sanitize(short_name(person.who)):<12}", "strong"),
        Span(f"{marks:<6} ", "accent"),
        did,
        Span(age(person.at, now), "quiet"),
    )


def person_detail(person: Person) -> list[Line]:
    """Return what is noted of a participant, the latest last."""
    noted = [labelled(_MARKS[mark.mark], sanitize(mark.text)) for mark in person.marks[-4:]]
    return [line(Span(sanitize(person.who), "strong")), *(noted or [line(Span("Nothing is noted yet: n", "quiet"))])]
