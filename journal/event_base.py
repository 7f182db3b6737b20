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
