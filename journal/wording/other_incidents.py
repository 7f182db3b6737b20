"""Other open incidents on the same systems, as the runner last saw them: the same words wherever they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

READING = "others"
"""The reading under which the runner leaves them: ``{"incidents": [{"incident", "title", "host", "systems"}]}``."""


def other_incidents(readings: Mapping[str, Any]) -> list[str]:
    """Return a line for each other open incident on systems of this one.

    Args:
        readings: the journal's readings, by name.
    """
    reading = readings.get(READING)
    found = reading.payload.get("incidents", []) if reading else []
    return [
        f"ALSO OPEN on {', '.join(map(str, one.get('systems', [])))}: {one.get('incident')} on {one.get('host')} "
        f"({one.get('title')}). What it changes, this one cannot"
        for one in found
        if isinstance(one, dict)
    ]
