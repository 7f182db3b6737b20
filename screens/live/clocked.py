"""The clock of the screens. It is the app's, so that tests can set it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from textual.dom import DOMNode

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present, in UTC."""
    return datetime.now(UTC)


def clock_of(node: DOMNode) -> Now:
    """Return the clock of the app that ``node`` is shown in."""
    app: Any = node.app
    found: Now = getattr(app, "clock", utc_now)
    return found
