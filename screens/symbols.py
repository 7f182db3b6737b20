"""How states look: a symbol and a word first, a colour second. Help prints its legend from here."""

from __future__ import annotations

from typing import NamedTuple

from journal.events import Kind
from journal.records import StepState


class Look(NamedTuple):
    """How a state is shown."""

    symbol: str
    word: str
    style: str = ""


STEPS: dict[StepState, Look] = {
    StepState.WAITING: Look("·", "waits for other steps", "$text-muted"),
    StepState.READY: Look("○", "ready", ""),
    StepState.REQUESTED: Look("»", "asked for", "$text-primary"),
    StepState.RUNNING: Look("▶", "running", "bold $text-primary"),
    StepState.CANCELLING: Look("▶", "cancelling", "bold $text-warning"),
    StepState.DONE: Look("✓", "done", "$text-success"),
    StepState.MARKED_DONE: Look("✓", "by hand", "$text-success"),
    StepState.FAILED: Look("✗", "FAILED", "bold $text-error"),
    StepState.CANCELLED: Look("■", "cancelled", "$text-warning"),
    StepState.SKIPPED: Look("–", "skipped", "$text-warning"),
    StepState.IN_DOUBT: Look("!", "IN DOUBT", "bold $text-error"),
    StepState.NOT_APPLICABLE: Look(" ", "does not apply", "$text-muted"),
}

HEALTH: dict[str, Look] = {
    "up": Look("✓", "up", "$text-success"),
    "degraded": Look("~", "degraded", "$text-warning"),
    "down": Look("✗", "DOWN", "bold $text-error"),
    "not measured": Look("?", "not measured", "$text-muted"),
}

KINDS: dict[str, str] = {
    Kind.REAL: "bold white on #b00020",
    Kind.DRILL: "bold black on #e0a000",
    Kind.LAB: "bold white on #1f5fbf",
    Kind.TABLETOP: "bold black on #5fb0a0",
}


def health_look(status: str) -> Look:
    """Return how a status is shown; one that nobody foresaw is shown as its own word, never as green."""
    return HEALTH.get(status) or Look("?", status or "not measured", "$text-muted")
