"""When and where an event was written: this machine's clocks, boot and name."""

from __future__ import annotations

import functools
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """The two clocks of an event: UTC, which can be set, and nanoseconds since boot, which cannot."""

    now: Callable[[], datetime] = _utc_now
    monotonic_ns: Callable[[], int] = time.monotonic_ns


@functools.cache
def boot_id() -> str:
    """Return the id of this boot of this machine: ``monotonic_ns`` of two events compare only within one boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@functools.cache
def host_name() -> str:
    """Return this machine's name."""
    return platform.node()


def to_text(at: datetime) -> str:
    """Return a time as the journal keeps it: UTC, ISO 8601, microseconds, ``Z``."""
    at = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{at.isoformat(timespec='microseconds')[:-6]}Z"  # twice as fast as strftime


from_text = datetime.fromisoformat
"""Returns a time that `to_text` wrote, or raises ValueError. It is called once for every event that is read."""
