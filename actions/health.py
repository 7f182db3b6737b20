"""What a health probe has to say of one system."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Status = Literal["up", "degraded", "not answering", "down", "not measured"]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """A system's health at one moment.

    Attributes:
        status: ``degraded`` works, but not as it should; ``not answering`` did not answer within the deadline: it may
            be slow, hang, or be gone, and nobody can tell which; ``down`` refused, or has no process; ``not measured``
            is never good news, and no proof of anything either.
        detail: one line for the panel, with the figures that matter.
        facts: measured values by name; what could not be measured is missing.
    """

    status: Status
    detail: str
    facts: dict[str, Any] = {}


def silent(message: str, facts: dict[str, Any], *, pid: int | None = None, unseen: str = "") -> Health:
    """Return the health of what did not answer within the deadline, and is not proven to be down.

    Args:
        message: what was asked, and that it did not answer in time.
        facts: what is known.
        pid: its process, where its host was seen to run one.
        unseen: why nobody could look for its process.
    """
    known = f"its process {pid} is there: it is slow, or hangs" if pid else unseen
    detail = f"{message}; {known}" if known else message
    return Health(status="not answering", detail=detail, facts={"reason": "timeout", **facts})
