"""Events by which a facilitator leads an exercise while it is played."""

from __future__ import annotations

from typing import Literal

from journal.events.base import Body

MarkKind = Literal["good", "improve", "note"]


def addressed(text: str, to: str) -> str:
    """Return what players are told, with whom it is for; ``to`` is a role or a name, empty: everybody."""
    return f"For {to}: {text}" if to else text


class InjectLed(Body, frozen=True, kw_only=True, tag="inject.led"):
    """The facilitator changed what becomes of an inject that is still to come.

    ``do``: give it now, hold it back, release it again, skip it for good, reword it (``text``) or address it (``to``).
    """

    inject: str
    do: Literal["give", "hold", "release", "skip", "reword", "address"]
    text: str = ""
    to: str = ""


class ExercisePaused(Body, frozen=True, kw_only=True, tag="exercise.paused"):
    """The facilitator stopped the exercise's clock, or (``paused`` is False) let it go on."""

    paused: bool


class ExerciseRewound(Body, frozen=True, kw_only=True, tag="exercise.rewound"):
    """The facilitator took a tabletop back to a moment; what came after it stays in the journal, and does not count.

    ``to`` is the seq of the last event that counts; ``before`` what followed it then, in words.
    """

    to: int
    before: str = ""


class FacilitatorSaid(Body, frozen=True, kw_only=True, tag="exercise.said"):
    """The facilitator helped the players with a hint.

    ``inject`` is what it helps with, ``scripted`` which of that inject's hints in the script it is, from 1; 0: none.
    """

    text: str
    to: str = ""
    inject: str = ""
    scripted: int = 0

    @property
    def said(self) -> str:
        """What the players are told, with whom it is for."""
        return addressed(self.text, self.to)


class ParticipantMarked(Body, frozen=True, kw_only=True, tag="exercise.marked"):
    """The facilitator noted something of a participant. Players see it once the exercise is closed."""

    who: str
    text: str
    mark: MarkKind = "note"
