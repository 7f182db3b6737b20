"""Closing over what is not in order, as a person does: read how much it is, and type that."""

from __future__ import annotations

import re
from collections.abc import Callable

from journal.commands.incident import IncidentCommands
from journal.incident.closing import phrase, remaining
from journal.incident.state import Incident


def phrase_in(text: str) -> str:
    """Return what the program asks to be typed; it may have said before what was typed instead."""
    found: list[str] = re.findall(r"\b\d+ open\b", text)
    assert found, text
    return found[-1]


def close_anyway(desk: IncidentCommands, incident: Callable[[], Incident], summary: str) -> None:
    """Close an incident, whatever is not in order."""
    desk.close(summary, phrase(remaining(incident())))
