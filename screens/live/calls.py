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
    """Ask who answered for a level, and note it; of a contact outside, who has what case number."""
    outside = level in (contact.level for contact in session.state.plan.contacts)
    push(
        app,
        "words",
        f"{level} has answered",
        session.state.kind,
        label="who, and their case number (may stay empty)" if outside else "who (may stay empty)",
        required="",
        confirm="Answered",
        then=lambda who: session.review(f"{level} answered", lambda commands: commands.acknowledge(level, who)),
    )
