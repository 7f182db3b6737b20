"""What would be lost with a system or with its site, as one type: for screens, report and the journal."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Exposure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A span of writes that is in one place only, or why nobody knows it.

    Attributes:
        seconds: how long it is; None: not measured.
        by: what tells so, or why it is not measured, in words.
        at: when that was looked at; of several looks, the oldest. None: nobody looked.
    """

    seconds: float | None = None
    by: str = ""
    at: datetime | None = None


class Exposed(msgspec.Struct, frozen=True, kw_only=True):
    """What would be lost of one system.

    Attributes:
        system: its name in the inventory.
        store: with it and its disks.
        site: with the whole site that it lives on.
    """

    system: str
    store: Exposure
    site: Exposure
