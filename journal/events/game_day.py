"""Events of a game day: an exercise whose injects really break a lab."""

from __future__ import annotations

from typing import Literal

from journal.events.base import Body

FaultState = Literal["begins", "done", "failed", "in doubt"]


class LabChosen(Body, frozen=True, kw_only=True, tag="lab.chosen"):
    """The lab that a game day breaks: its folder, and the id that it got when it was made."""

    lab: str
    lab_id: str


class LabFault(Body, frozen=True, kw_only=True, tag="lab.fault"):
    """A fault of the lab, at an inject. ``begins`` is written before it has any effect.

    ``what`` says what was done, or why it was not, or why nobody knows.
    """

    inject: str
    system: str
    how: str
    state: FaultState
    what: str = ""


class LabUndone(Body, frozen=True, kw_only=True, tag="lab.undone"):
    """The lab is made anew, which takes back whatever was broken: ``begins``, or done.

    ``lab_id`` is the new one's, which is settled before. ``by_hand`` is the command that makes such a lab, should this
    one be killed after the old one is gone.
    """

    state: Literal["begins", "done"]
    by_hand: str = ""
    lab_id: str = ""
