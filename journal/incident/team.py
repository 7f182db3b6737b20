"""What people said of themselves: at which step they work, who leads, who writes down. Nothing of it is a lock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from journal.events.people import RoleName

PROGRAMS = ("runner", "facilitator")
"""The names under which programs write into the journal: nobody among the people."""


@dataclass(slots=True)
class Work:
    """Who works at a step, as ``user@host``, and since when."""

    by: str
    since: datetime


@dataclass(slots=True)
class HeldRole:
    """What somebody is, and since when."""

    name: RoleName
    since: datetime


@dataclass(slots=True)
class Team:
    """What is known of the people.

    Attributes:
        work: who took which step, by step; a step that was settled or reopened is nobody's.
        roles: what each of those is who said so, by actor.
        wrote_at: when each actor last wrote into the journal.
    """

    work: dict[str, Work] = field(default_factory=dict)
    roles: dict[str, HeldRole] = field(default_factory=dict)
    wrote_at: dict[str, datetime] = field(default_factory=dict)

    def holder(self, role: RoleName) -> str:
        """Return who has a role that one person has, as ``user@host``; empty where nobody does."""
        return next((actor for actor, held in self.roles.items() if held.name == role), "")

    def role(self, actor: str) -> str:
        """Return what somebody is; empty where they did not say."""
        held = self.roles.get(actor)
        return held.name if held else ""


def short_name(actor: str) -> str:
    """Return an actor without the machine: ``ana`` of ``ana@bastion``."""
    return actor.partition("@")[0]
