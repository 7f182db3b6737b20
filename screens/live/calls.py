"""Noting that somebody was called, and that they answered: the same questions wherever it is noted."""

from __future__ import annotations

from typing import Any

from textual.app import App

from screens.lazy import push
from screens.live.session import Session


def note_call(app: App[Any], session: Session, level: str) -> None:
    """Ask how a level of the escalation matrix was called, and note it."""
    push(
        app,
        "words",
        f"{level} was called",
        session.state.kind,
        label="how (may stay empty)",
        required="",
        confirm="Called",
        then=lambda how: session.review(f"call {level}", lambda commands: commands.page(level, how)),
    )


def note_answer(app: App[Any], session: Session, level: str) -> None:
    """Ask who answered for a level, and note it."""
    push(
        app,
        "words",
        f"{level} has answered",
        session.state.kind,
        label="who (may stay empty)",
        required="",
        confirm="Answered",
        then=lambda who: session.review(f"{level} answered", lambda commands: commands.acknowledge(level, who)),
    )


def note_next(app: App[Any], session: Session, level: str) -> None:
    """Note what comes next with a level: its call, its answer, and after that another call."""
    call = session.state.review.calls.get(level)
    note = note_answer if call and call.answered_at is None else note_call
    note(app, session, level)
