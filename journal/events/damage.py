"""When damage to a system's data began, as an action found it: one type, which recovery points are proposed by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from journal.structs import to_struct


class DamageBegan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change that did damage. Everything that was committed before it is good, as far as this change goes.

    Attributes:
        at: when it was committed, by the system's own clock.
        text: what it did, in words.
        seen: where that was seen; empty: nobody said.
        certain: it was that change; otherwise the damage was done then or later.
    """

    FACT: ClassVar[str] = "damage_began"

    at: datetime
    text: str
    seen: str = ""
    certain: bool = True

    def __str__(self) -> str:
        """Return what it did, and where that was seen."""
        return f"{self.text}: {self.seen}" if self.seen else self.text

    @classmethod
    def all_of(cls, facts: Mapping[str, Any]) -> list[DamageBegan]:
        """Return those among an action's facts on one system, the earliest first; none where they have another form."""
        try:
            found = to_struct(facts.get(cls.FACT, []), list[DamageBegan])
        except msgspec.ValidationError:
            return []
        return sorted((one for one in found if one.at.tzinfo), key=lambda one: one.at)

    @classmethod
    def facts(cls, found: Sequence[DamageBegan]) -> dict[str, Any]:
        """Return them as facts of an action on one system, for `all_of`; an empty list says that none is known."""
        return {cls.FACT: msgspec.to_builtins(list(found))}
