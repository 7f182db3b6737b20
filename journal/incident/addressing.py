"""Whom an exercise tells something: by role or by name. Who said nothing of themselves is a responder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.incident.team import short_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from journal.incident.review import Told
    from journal.incident.state import Incident

_NO_ROLE = "responder"


def is_for(incident: Incident, actor: str, to: str) -> bool:
    """Return whether somebody is meant: by their role or name, or because it is for everybody.

    What is for a role or a name that nobody here has is everybody's: else nobody would see it.

    Args:
        incident: knows who is what, and who wrote anything.
        actor: ``user@host``.
        to: roles and names, with commas between; empty: everybody.
    """
    if not to.strip() or is_meant(incident, actor, to):
        return True
    return not any(is_meant(incident, one, to) for one in {*incident.actors, *incident.team.roles})


def is_meant(incident: Incident, actor: str, to: str) -> bool:
    """Return whether somebody is named, by their role or name. The arguments are as in `is_for`."""
    return bool({one.strip().casefold() for one in to.split(",")} & _names(incident, actor))


def _names(incident: Incident, actor: str) -> set[str]:
    role = incident.team.role(actor) or _NO_ROLE
    return {actor.casefold(), short_name(actor).casefold(), role}


def waits_for(incident: Incident, actor: str) -> Told | None:
    """Return the latest inject that waits for an answer which this person can give by a note or in words."""
    return next((told for told in _open(incident, actor) if told.note or told.words), None)


def _open(incident: Incident, actor: str) -> Iterator[Told]:
    if incident.closed_at is None:
        yield from (told for told in reversed(incident.review.unanswered.values()) if is_for(incident, actor, told.to))


def open_for(incident: Incident, actor: str) -> list[Told]:
    """Return what this person was told and nobody answered yet, the latest first; nothing after the close."""
    return list(_open(incident, actor))
