"""A time that a tabletop was rewound, as its state keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Rewound(NamedTuple):
    """One time that a tabletop was rewound.

    Attributes:
        seq: the event that did it.
        to: the last event before it that counts; what lies between was played, and does not.
        at: the exercise's time until which it was played.
        back_to: the exercise's time from which it goes on.
        by: who did it.
    """

    seq: int
    to: int
    at: datetime
    back_to: datetime
    by: str
