"""What becomes of an incident once a console is left."""

from __future__ import annotations

from journal.incident.state import Incident
from screens.guidance.attention import counts

_STANDS = "once nobody is at the table the exercise stands still."


def goes_on(incident: Incident, how: str = "") -> str:
    """Return what goes on while a runner lives: a recovery does; an exercise does as long as somebody is at its table.

    Args:
        incident: its state.
        how: what is said of the runner behind that it goes on.
    """
    if not incident.review.exercise:
        return f"The runner goes on{how}."
    runs = counts(incident).running
    return f"What runs is played to its end; {_STANDS}" if runs else _STANDS.capitalize()
