"""What is said where a person gave no reason, the same on screen, in line mode and on the command line."""

from __future__ import annotations

SKIP = "A skipped step wants a reason."
REOPEN = "Reopening a step wants a reason."
REOPEN_INCIDENT = "Reopening an incident wants a reason."
CLOSE = "Closing wants a sentence on how it ended."
DONE_BY_HAND = "Note what you did: the console did not run it."
VERDICT = "Say what you saw that tells how it ended."
EMPTY_NOTE = "The note is empty."
DISMISS = "Say why it is nothing to be declared: it is kept, with your name."
OVERRIDE = "Say why: the report will ask."

ONE_LETTER = "One letter says nothing."


def complaint(words: str, missing: str) -> str:
    """Return what is wrong with words that are required, or an empty string.

    A single letter is a key that was meant for the screen below the dialog.

    Args:
        words: what was typed, without blanks around it.
        missing: what is said where nothing was.
    """
    return missing if not words else f"{missing} {ONE_LETTER}".strip() if len(words) == 1 else ""
