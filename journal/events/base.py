"""What every event's body is made of."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec


class Kind(StrEnum):
    """What an incident is, fixed when it is declared (design, gate 1)."""

    REAL = "REAL"
    DRILL = "DRILL"
    LAB = "LAB"
    TABLETOP = "TABLETOP"


class Body(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What happened. ``step`` names the plan's step it happened to, or is empty."""

    step: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that an action saw.

    Attributes:
        severity: ``note``: said, and nothing has to be done; ``warning``: a person must look or do something, nothing
            is proven wrong; ``wrong``: proven to be wrong.
        about: what it is about, as a person finds it: a relation, a backup, a slot.
        text: what was seen of it.
        cure: what to do about it, in words; empty where nothing has to be done.
        system: the plan's system it belongs to, whose health shows it while it is ``wrong``; empty: none.
    """

    severity: Literal["note", "warning", "wrong"]
    about: str
    text: str
    cure: str = ""
    system: str = ""

    def __str__(self) -> str:
        """Return it as a line, without its cure."""
        return f"{self.about}: {self.text}" if self.about else self.text


class Identity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact that tells a target from every other: its name, value, and how we came to know it."""

    name: str
    value: str
    known: Literal["reported", "last known", "unknown"]


class Override(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person's word that one gate shall yield once; ``target`` is what they typed, where that is asked."""

    gate: str
    reason: str
    target: str = ""


class ClosedGate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A safety gate that is closed.

    Attributes:
        gate: its name, as an override names it.
        message: what stands in the way.
        yields: what a person must give to pass.
        opens: the action, or the decision's name, that opens it; empty where ``message`` says all.
    """

    gate: str
    message: str
    yields: Literal["never", "reason", "reason and target"] = "never"
    opens: str = ""
