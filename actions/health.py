"""What a health probe has to say of one system."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Status = Literal["up", "degraded", "down", "not measured"]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """A system's health at one moment.

    Attributes:
        status: ``degraded`` works, but not as it should; ``not measured`` is never good news.
        detail: one line for the panel, with the figures that matter.
        facts: measured values by name; what could not be measured is missing.
    """

    status: Status
    detail: str
    facts: dict[str, Any] = {}
