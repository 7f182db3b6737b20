"""What is said when an incident is about to be closed."""

from __future__ import annotations

from collections.abc import Sequence

from journal.incident.closing import Remaining

IN_ORDER = "Every required step is done, and what was held is released."
CANCEL = "Asks it to stop, and says what state was left behind. Cancelling is not yet cancelled."


def not_in_order(left: Sequence[Remaining]) -> str:
    """Return how much is not in order, as a heading."""
    return f"NOT IN ORDER ({len(left)})"
