"""How states look: a symbol and a word first, a colour second. Help prints its legend from here."""

from __future__ import annotations

from typing import NamedTuple

from journal.events.types import Kind
from journal.incident.records import StepState


class Look(NamedTuple):
    """How a state is shown: symbol, word, and the tone that colours them."""

    symbol: str
    word: str
    tone: str = ""

    @property
    def style(self) -> str:
        """The tone as a content style."""
        return TONES[self.tone]


TONES: dict[str, str] = {
    "": "",
    "good": "$text-success",
    "busy": "bold $text-primary",
    "warn": "$text-warning",
    "bad": "bold $text-error",
    "quiet": "$quiet",
    "title": "bold",
}


STEPS: dict[StepState, Look] = {
    StepState.WAITING: Look("·", "waits for other steps", "quiet"),
    StepState.READY: Look("○", "ready", ""),
    StepState.REQUESTED: Look("»", "asked for", "busy"),
    StepState.RUNNING: Look("▶", "running", "busy"),
    StepState.CANCELLING: Look("▶", "cancelling", "warn"),
    StepState.DONE: Look("✓", "done", "good"),
    StepState.FOUND: Look("~", "done, with findings", "warn"),
    StepState.LOOKED: Look("~", "looked, not in full", "warn"),
    StepState.MARKED_DONE: Look("✓", "by hand", "good"),
    StepState.FAILED: Look("✗", "FAILED", "bad"),
    StepState.TRIED: Look("✗", "tried, failed", "quiet"),
    StepState.CANCELLED: Look("■", "cancelled", "warn"),
    StepState.SKIPPED: Look("–", "skipped", "warn"),
    StepState.IN_DOUBT: Look("!", "IN DOUBT", "bad"),
    StepState.NOT_APPLICABLE: Look(" ", "does not apply", "quiet"),
}

HEALTH: dict[str, Look] = {
    "up": Look("✓", "up", "good"),
    "degraded": Look("~", "degraded", "warn"),
    "down": Look("✗", "DOWN", "bad"),
    "not measured": Look("?", "not measured", "quiet"),
}

KINDS: dict[str, str] = {
    Kind.REAL: "bold white on #b00020",
    Kind.DRILL: "bold black on #e0a000",
    Kind.LAB: "bold white on #1f5fbf",
    Kind.TABLETOP: "bold black on #5fb0a0",
}


def health_look(status: str) -> Look:
    """Return how a status is shown; one that nobody foresaw is shown as its own word, never as green."""
    return HEALTH.get(status) or Look("?", status or "not measured", "quiet")
