"""What would be lost, in words: a figure is never told without saying where it was not measured."""

from __future__ import annotations

from journal.events.exposure import Exposed, Exposure
from journal.wording.durations import exact_duration


def exposure_span(found: Exposure) -> str:
    """Return a span for the record: ``12 min 05 s``, ``not measured``."""
    return "not measured" if found.seconds is None else exact_duration(found.seconds)


def in_two_places(one: Exposed) -> str:
    """Return both figures of a system: ``40 s, with its site 14 min 10 s``."""
    return f"{exposure_span(one.store)}, with its site {exposure_span(one.site)}"
