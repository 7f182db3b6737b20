"""What a drawing is made of. All lengths are in the drawing's own units, one to a CSS pixel at full width."""

from __future__ import annotations

from dataclasses import dataclass, field

LANE = 19.0
"""The height of one lane."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time. ``look`` is how it is drawn, ``said`` stands behind it, ``tip`` is all that is known."""

    x: float
    width: float
    look: str
    tip: str
    said: str = ""


@dataclass(slots=True)
class Mark:
    """A moment, with its words at a level above the lanes where they hide no other's."""

    x: float
    text: str
    look: str
    tip: str
    level: int = 0
    leftward: bool = False
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the scale: distance from the disruption, and the time of day in UTC."""

    x: float
    offset: str
    clock: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One row: its label and its bars; ``y`` is its top."""

    label: str
    bars: list[Bar]
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """Lanes under one heading; ``y`` is the heading's base line."""

    title: str
    lanes: list[Lane]
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole. ``earlier`` says what lies before its left edge, or is empty."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    ticks: list[Tick]
    marks: list[Mark]
    groups: list[Group] = field(default_factory=list)
    earlier: str = ""


def shortened(text: str, most: int) -> str:
    """Return ``text`` in at most that many characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
