"""Items that were ticked here, until the state that the screen shows has them."""

from __future__ import annotations

from dataclasses import dataclass

from journal.events.types import Event
from journal.incident.state import Incident


@dataclass
class Tick:
    """One item that is to be ticked or unticked. ``seq`` is its event's, or 0 while it is being written."""

    step: str
    item: str
    checked: bool
    seq: int = 0

    def written(self, event: Event) -> None:
        """Note which event holds it."""
        self.seq = event.seq


class PendingTicks:
    """What one person ticks, in the order in which they do."""

    def __init__(self) -> None:
        self._pending: list[Tick] = []

    def begin(self, step: str, item: str, checked: bool) -> Tick:
        """Note that an item is about to be ticked or unticked."""
        self._pending.append(Tick(step, item, checked))
        return self._pending[-1]

    def forget(self, tick: Tick) -> None:
        """Drop one that was not written."""
        self._pending = [other for other in self._pending if other is not tick]

    def ticked(self, incident: Incident, step: str) -> set[str]:
        """Return the items of a step that are ticked, or will be once what is pending is in the state."""
        self._pending = [tick for tick in self._pending if not 0 < tick.seq <= incident.seq]
        items = set(incident.steps[step].items)
        for tick in self._pending:
            if tick.step == step:
                (items.add if tick.checked else items.discard)(tick.item)
        return items
