"""The shapes of a drawing. Lengths are in the drawing's units, one CSS pixel each at full width."""

from __future__ import annotations

from dataclasses import dataclass, field

LANE = 19.0
"""The height of one lane."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A span of time. ``look`` is its CSS class, ``said`` the words behind it, ``tip`` its tooltip."""

    x: float
    width: float
    look: str
    tip: str
    said: str = ""


@dataclass(slots=True)
class Mark:
    """A moment, with its words on a level above the lanes."""

    x: float
    text: str
    look: str
    tip: str
    level: int = 0
    leftward: bool = False
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the axis: distance from the disruption, and the time of day in UTC."""

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
    """The whole drawing. ``earlier`` says what lies before its left edge, or is empty."""

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
