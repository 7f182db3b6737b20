"""Items that were ticked here and are on their way: the screen's state does not show them yet."""

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
        """Note which event says it."""
        self.seq = event.seq


class Ticks:
    """What one person ticks, in the order in which they do."""

    def __init__(self) -> None:
        self._on_their_way: list[Tick] = []

    def begin(self, step: str, item: str, checked: bool) -> Tick:
        """Note that an item is about to be ticked or unticked."""
        self._on_their_way.append(Tick(step, item, checked))
        return self._on_their_way[-1]

    def forget(self, tick: Tick) -> None:
        """Give up one that was not written."""
        self._on_their_way = [other for other in self._on_their_way if other is not tick]

    def ticked(self, incident: Incident, step: str) -> set[str]:
        """Return the items of a step that are ticked, or will be once what is on its way has arrived."""
        self._on_their_way = [tick for tick in self._on_their_way if not 0 < tick.seq <= incident.seq]
        items = set(incident.steps[step].items)
        for tick in self._on_their_way:
            if tick.step == step:
                (items.add if tick.checked else items.discard)(tick.item)
        return items
