"""From which width and height on a screen is laid out in another way."""

from __future__ import annotations

WIDE = 110
"""Columns from which on everything has a pane of its own beside the others."""

BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
"""The class that a screen has, by the width in columns from which on it has it."""

_TALL = 32
"""Rows from which on there is room for more than what must be seen."""

HEIGHTS = [(0, "-short"), (_TALL, "-tall")]
"""The class that a screen has, by the height in rows from which on it has it."""
