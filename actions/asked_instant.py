"""An instant that an action was asked for: it counts at once where its text names one without doubt."""

from __future__ import annotations

from datetime import UTC, datetime

from actions.meant_instant import NotATime, read_instant
from actions.outcome import ActionFailed, Cure


def asked_instant(text: str, name: str, parameter: str) -> datetime:
    """Return the instant that a text names without doubt.

    Args:
        text: what a person wrote.
        name: the action that is asked, which is run again with the instant that was meant.
        parameter: the parameter that the text was given for.

    Raises:
        ActionFailed: it may mean several, or none: each is said in UTC, and how it is asked for.
    """
    try:
        meant = read_instant(text, datetime.now(UTC))
    except NotATime as error:
        raise ActionFailed(error.message, error.hint) from None
    if meant.at:
        return meant.at
    cures = [
        Cure(words=f"If it is meant so ({reading}).", action=name, params={parameter: reading.text})
        for reading in meant.readings
    ]
    said = "; ".join(str(reading) for reading in meant.readings)
    raise ActionFailed(f"{text!r} {meant.why}. It may mean: {said}.", cures=cures)
