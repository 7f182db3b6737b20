"""The lines that are never scrolled away: what is in the way; what runs, is in doubt or failed; what is next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from textual.content import Content
from textual.screen import Screen

from journal.incident.state import Incident
from journal.incident.upcoming import next_step
from journal.wording.instants import age
from journal.wording.sanitize import sanitize
from screens.guidance.attention import count_line, counts
from screens.guidance.injects import answer_words, inject_lines
from screens.guidance.joined import joined_lines
from screens.guidance.next_action import by_keys, hot_wash_left
from screens.guidance.people import taken_by_other
from screens.guidance.status import NO_RUNNER, call_overdue, due_words, next_words, runner_first, troubles
from screens.guidance.text import Line, Span, line
from screens.live.session import Session
from screens.widgets.content import block, content
from screens.widgets.quiet import Quiet

HEADING = "-"
"""Stands for a step where the checklist's cursor is on a heading: no step has this id."""
_PADDING = 2
"""Columns at the two sides of the line, from the style sheet."""


def show_lines(screen: Screen[None], session: Session, now: datetime, *, cursor: str = "", unread: str = "") -> None:
    """Show what is in the way, the status and what is next, in a screen's lines for them.

    Args:
        screen: has the lines ``trouble``, ``status`` and ``next``.
        session: the incident.
        now: the present.
        cursor: the step at the checklist's cursor, or `HEADING`; empty on another screen.
        unread: why the screen's own look into the journal failed; it is shown below what is in the way.
    """
    width = screen.app.size.width - _PADDING
    found = [trouble_line(session, now), content(line(Span(unread, "bad"))), due_line(session, cursor, width, now)]
    trouble = Content("\n").join([part for part in found if part])
    first = screen.query_one("#trouble", Quiet)
    first.show(trouble)
    first.set_class(not trouble, "-empty")
    screen.query_one("#status", Quiet).show(status(session, now))
    screen.query_one("#next", Quiet).show(next_line(session, cursor, width, now))


def status(session: Session, now: datetime) -> Content:
    """Return the counts, whether a runner is there, and the last note."""
    incident = session.incident
    if incident is None:
        return Content("")
    found = counts(incident)
    spans = [*count_line(found).spans]
    spans += [Span("  j jumps there", "strong")] if any(found) else []
    return content(line(*spans, *_runner(session), *_note(incident, now)))


def _runner(session: Session) -> list[Span]:
    if session.runner_missing:
        return [Span("  "), Span(f" {NO_RUNNER} ", "alarm")]
    return [Span("  the runner is starting", "quiet")] if session.runner_starting else []


def _note(incident: Incident, now: datetime) -> list[Span]:
    if incident.last_note is None:
        return []
    at, who = incident.last_note
    return [Span(f"   last note {age(at, now)}, {sanitize(who)}", "quiet")]


def trouble_line(session: Session, now: datetime) -> Content:
    """Return what must be seen on every screen, a line each: what is not recorded, whom to call, what runs already."""
    lines = [*trouble_lines(session), *_alarms(f"{call} (e)" for call in call_overdue(session.incident, now))]
    if incident := session.incident:
        lines += [
            *inject_lines(incident, session.inject, now, session.actor),
            *joined_lines(incident, sorted(session.joined)),
        ]
    return block(lines)


def trouble_lines(session: Session) -> list[Line]:
    """Return what is not recorded, a line each."""
    return _alarms(
        troubles(
            session.incident,
            session.readings,
            unreadable=session.trouble.message if session.trouble else "",
            unwritable=session.runner.trouble if session.runner else "",
            held_by=session.held_by,
            unwritten=session.unwritten,
        )
    )


def _alarms(texts: Iterable[str]) -> list[Line]:
    return [line(Span(f" {text} ", "alarm")) for text in texts]


def next_line(session: Session, cursor: str, width: int, now: datetime) -> Content:
    """Return what to do next in the incident, and the key that does it from here, which is never cut off.

    Args:
        session: the incident.
        cursor: the step at the checklist's cursor, or `HEADING`; empty on another screen.
        width: how many columns there are.
        now: the present.
    """
    incident = session.incident
    if incident is None:
        return Content("")
    words, keys = _next(session, incident, cursor, now)
    return _with_keys(Span("NEXT  ", "accent"), words, keys, width)


def due_line(session: Session, cursor: str, width: int, now: datetime) -> Content:
    """Return the paperwork whose time is nearly over, and its key; nothing where none is due. As `next_line`."""
    incident = session.incident
    due = due_words(incident, session.catalogue, now) if incident else None
    if incident is None or due is None:
        return Content("")
    step, words = due
    keys = by_keys(incident, step, session.catalogue) if step.id == cursor else "D: go there"
    return _with_keys(Span(" DUE  ", "warn"), words, f"  [{keys}]", width)


def _with_keys(label: Span, words: str, keys: str, width: int) -> Content:
    said, named = content(line(label, words)), content(line(Span(keys, "strong")))
    return said.truncate(max(1, width - named.cell_length), ellipsis=True) + named


def _next(session: Session, incident: Incident, cursor: str, now: datetime) -> tuple[str, str]:
    """Return what is next; and who else works at it, with the keys for it."""
    words = next_words(incident, session.catalogue)
    if hot_wash_left(incident):
        return "the hot wash, while all are here: what went well, what did not", "  [w]" if cursor else ""
    if incident.closed_at is not None:
        return words + (" x: reopen, n: late note, esc: other incidents" if cursor else ""), ""
    if session.runner_missing and (why := runner_first(incident)):
        return sanitize(why), "  [r]"
    if cursor and (answer := answer_words(incident, session.actor)):
        return answer, "  [n]"
    step = next_step(incident)
    if step is None:
        return words, ""
    taken = taken_by_other(incident, step, session.actor, now)
    keys = by_keys(incident, step, session.catalogue) if step.id == cursor else "g: go there"
    return words, f"{f'  {taken}' if taken else ''}  [{keys}]"
