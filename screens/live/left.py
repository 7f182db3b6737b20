"""Whether a screen was left: news, answers and writes that were on their way arrive at it all the same."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen


def is_left(screen: Screen[Any]) -> bool:
    """Return whether ``screen`` is not shown any more, also while Textual takes its parts away one by one."""
    return not screen.is_attached or screen not in screen.app.screen_stack
