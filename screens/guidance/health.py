"""Every system's health in words. A system that nobody measured is never shown as well."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from journal.incident.state import Incident
from journal.store.rows import Reading
from journal.wording.instants import age
from journal.wording.sanitize import sanitize
from screens.guidance.symbols import Look, health_look

STALE_AFTER_S = 60.0
"""Seconds after which a reading is no longer the present: the runner measures every few seconds."""

_NOT_MEASURED = health_look("not measured")


class Health(NamedTuple):
    """What is known of one system.

    Attributes:
        title: the system's, from the plan.
        look: its status.
        detail: what the probe and the actions said.
        seen: how old that is, or since when the system has not answered; empty while it answers.
    """

    title: str
    look: Look
    detail: str
    seen: str

    @property
    def measured(self) -> bool:
        """Whether anything is known at all."""
        return self.look is not _NOT_MEASURED

    @property
    def fine(self) -> bool:
        """Whether it was measured lately and is up."""
        return self.look.symbol == "✓"

    @property
    def bad(self) -> bool:
        """Whether a person must know of it: the system is down, silent or degraded, or its data is wrong."""
        return self.look.symbol in ("✗", "!", "~")


def health(incident: Incident, readings: Mapping[str, Reading], system: str, now: datetime) -> Health:
    """Return a system's health; a reading that has grown old says how old, and is no longer good."""
    found = _measured(incident, readings.get(f"health:{system}"), system, now)
    wrong = incident.found_wrong.get(system)
    if wrong is None:
        return found
    # Whether it answers is one thing, what an action proved of its data another: both are said.
    look = Look("✗", f"DATA WRONG, {found.look.word}", "bad")
    detail = "; ".join(part for part in (sanitize(str(wrong)), found.detail) if part)
    return found._replace(look=look, detail=detail)


def _measured(incident: Incident, reading: Reading | None, system: str, now: datetime) -> Health:
    """Return what the probe says."""
    title = sanitize(incident.roster.title(system))
    if reading is None:
        return Health(title, _NOT_MEASURED, "", "")
    look, old = health_look(str(reading.payload.get("status", "not measured"))), ""
    if (now - reading.at).total_seconds() > STALE_AFTER_S:
        old = f"measured {age(reading.at, now)}"
        look = Look("?", f"was {look.word}", "quiet") if look.tone == "good" else look
    return Health(title, look, sanitize(str(reading.payload.get("detail") or "")), old or _seen(reading, now))


def _seen(reading: Reading, now: datetime) -> str:
    """Return when the system last answered; nothing while it does."""
    if reading.payload.get("status") in ("up", "degraded"):
        return ""
    seen_at = reading.payload.get("seen_at")
    return f"last seen {age(datetime.fromisoformat(seen_at), now)}" if seen_at else "not seen since the runner began"
