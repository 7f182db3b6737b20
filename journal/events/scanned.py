"""What a look for an intruder found in the states that a system can be restored to, as one type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from journal.structs import to_struct


class ScannedState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One state that was restored and looked through.

    Attributes:
        at: it holds everything that was committed before this instant.
        since, until: a restore to any instant between these leads to the same state; None: from ``at`` on.
        backup: the label of the backup that it was made of.
        compared: what it was compared with, in words.
        strangers: what was found that nobody vouches for, by name, each with what it is.
        unseen: what of it could not be looked at.
    """

    at: datetime
    until: datetime
    backup: str
    compared: str
    since: datetime | None = None
    strangers: Mapping[str, str] = {}
    unseen: Sequence[str] = ()

    @property
    def begins(self) -> datetime:
        """The first instant that leads to it."""
        return min(self.at, self.since or self.at)


class Scan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that was looked through of one system, the latest state last.

    Attributes:
        states: the states.
        looked_for: what was looked for; ``not_looked_for``: what was not.
    """

    FACT: ClassVar[str] = "scanned"

    states: Sequence[ScannedState] = ()
    looked_for: Sequence[str] = ()
    not_looked_for: Sequence[str] = ()

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Scan | None:
        """Return the one among an action's facts on one system; None where there is none, or of another form."""
        try:
            return to_struct(facts[cls.FACT], cls)
        except (KeyError, msgspec.ValidationError):
            return None

    def facts(self) -> dict[str, Any]:
        """Return it as a fact of an action, for `of`."""
        return {self.FACT: msgspec.to_builtins(self)}
