"""How states of steps and systems are shown: a symbol and a word first, a tone second. Help prints them all."""

from __future__ import annotations

from typing import NamedTuple

from journal.incident.records import StepState
from screens.guidance.text import Tone


class Look(NamedTuple):
    """How a state is shown: symbol, word, and the tone that colours them."""

    symbol: str
    word: str
    tone: Tone = ""


STEPS: dict[StepState, Look] = {
    StepState.WAITING: Look("·", "waits for other steps", "quiet"),
    StepState.READY: Look("○", "ready", ""),
    StepState.REQUESTED: Look("»", "asked for", "busy"),
    StepState.RUNNING: Look("▶", "running", "busy"),
    StepState.CANCELLING: Look("▶", "cancelling", "warn"),
    StepState.DONE: Look("✓", "done", "good"),
    StepState.FOUND: Look("▲", "done, with findings", "warn"),
    StepState.LOOKED: Look("△", "looked, not in full", "warn"),
    StepState.MARKED_DONE: Look("✓", "by hand", "good"),
    StepState.FAILED: Look("✗", "FAILED", "bad"),
    StepState.TRIED: Look("✗", "tried, failed", "quiet"),
    StepState.CANCELLED: Look("■", "cancelled", "warn"),
    StepState.SKIPPED: Look("–", "skipped", "warn"),
    StepState.NEEDLESS: Look("≡", "not needed", "quiet"),
    StepState.IMPOSSIBLE: Look("∅", "not possible", "quiet"),
    StepState.IN_DOUBT: Look("!", "IN DOUBT", "bad"),
    StepState.NOT_APPLICABLE: Look(" ", "does not apply", "quiet"),
}

HEALTH: dict[str, Look] = {
    "up": Look("✓", "up", "good"),
    "degraded": Look("~", "degraded", "warn"),
    "not answering": Look("!", "NOT ANSWERING", "warn"),
    "down": Look("✗", "DOWN", "bad"),
    "not measured": Look("?", "not measured", "quiet"),
}


def health_look(status: str) -> Look:
    """Return how a status is shown; one that nobody foresaw is shown as its own word, never as green."""
    return HEALTH.get(status) or Look("?", status or "not measured", "quiet")
