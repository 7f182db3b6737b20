"""What came back of one message to one recipient."""

from __future__ import annotations

from typing import Literal, NamedTuple

Came = Literal["accepted", "refused", "failed", "unknown"]


class Answer(NamedTuple):
    """What came back.

    ``accepted``: the next hop took it, which is not "delivered"; ``refused``: it said no; ``failed``: it never got
    there; ``unknown``: it may have been taken, and the answer did not come.
    """

    came: Came
    words: str

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.came}: {self.words}"
