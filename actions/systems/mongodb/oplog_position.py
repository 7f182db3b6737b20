"""A position in the oplog, as people write it: ``SECONDS:ORDINAL``, the form of mongorestore's ``--oplogLimit``."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bson.timestamp import Timestamp

PATTERN = r"([0-9]{1,10}):([0-9]{1,10})"
"""Seconds since 1970, and which entry of that second it is."""


def format_position(at: Timestamp) -> str:
    """Return how a position is written."""
    return f"{at.time}:{at.inc}"


def parse_position(text: str) -> Timestamp:
    """Return the position that a text means.

    Raises:
        ValueError: it is written otherwise.
    """
    from bson.timestamp import Timestamp

    found = re.fullmatch(PATTERN, text)
    if not found:
        raise ValueError(f"{text!r} is no position in an oplog: it is written SECONDS:ORDINAL")
    return Timestamp(int(found[1]), int(found[2]))


def instant_of(text: str) -> datetime:
    """Return the second that a position lies in, by the server's clock, in UTC.

    Raises:
        ValueError: it is written otherwise.
    """
    return datetime.fromtimestamp(parse_position(text).time, UTC)
