"""Looks at systems and their backups over and over, each in a thread of its own: one that hangs holds up no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from actions.backups.catalogue import Listed, read_catalogue
from actions.backups.engines import backed_up
from actions.overview.measurements import measure
from actions.redaction import Redactor
from actions.runner.monitor import DEADLINE_S, health_reading
from actions.runner.second_place import SecondPlaceWatch
from cleo_console.monitoring.latest import Latest, What
from cleo_console.monitoring.pace import LISTS_A_SECOND, Pace
from journal.incident.exposure import OFFSITE

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.inventory import Inventory
    from actions.runner import World
    from actions.runner.world import Probe

_SHARE = 10
"""A list of backups takes at most this part of the time."""


class SystemsWatch:
    """Looks at the systems of one inventory until `stop`. It changes nothing.

    Args:
        world: its systems.
        latest: where results are kept.
        context: makes the context in which a system's backups are looked at.
        pace: how often.
    """

    def __init__(
        self, world: World, latest: Latest, context: Callable[[Inventory, str], ActionContext], pace: Pace
    ) -> None:
        self._world, self._latest, self._context = world, latest, context
        self._pace = pace
        self._redactor, self._stop = Redactor(), threading.Event()
        self._second_place = SecondPlaceWatch(world.copies, self._put_copies, {})
        looks: list[tuple[Callable[..., None], tuple[Any, ...]]] = [(self._health, one) for one in _warm(world)]
        looks += [(self._backups, (name, turn)) for turn, name in enumerate(backed_up(world.inventory))]
        self._threads = [threading.Thread(target=look, args=args, daemon=True) for look, args in looks]

    def start(self) -> None:
        """Begin to look."""
        self._second_place.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Look no more; a look that hangs is left behind, and what it finds counts no more."""
        self._stop.set()
        self._second_place.stop()

    def _health(self, system: str, probe: Probe) -> None:
        reading: Mapping[str, Any] = {}
        while not self._stop.is_set():
            health = measure(probe, DEADLINE_S, self._redactor)
            now = datetime.now(UTC)
            reading = health_reading(health, now, reading)
            self._put("health", system, reading, now, failed=health.status == "not measured")
            self._stop.wait(self._pace.health_every_s)

    def _backups(self, system: str, turn: int) -> None:
        self._stop.wait(turn / LISTS_A_SECOND)  # not all at once, where there are many
        while not self._stop.is_set():
            began = datetime.now(UTC)
            found = self._listed(system)
            now = datetime.now(UTC)
            if isinstance(found, str) or found.backups is None:
                why = found if isinstance(found, str) else found.trouble
                self._failed("backups", system, self._redactor.text(why))
            else:
                self._put("backups", system, found, now)
            self._stop.wait(max(self._pace.backups_every_s, (now - began).total_seconds() * _SHARE))

    def _listed(self, system: str) -> Listed | str:
        """Return a system's backups, or why they could not be listed."""
        inventory = self._world.inventory
        try:
            return read_catalogue(inventory, [system], lambda name: self._context(inventory, name))[0]
        except Exception as error:  # noqa: BLE001  # a broken repository may answer anything; it is not measured
            return str(error) or type(error).__name__

    def _put_copies(self, name: str, payload: dict[str, Any]) -> None:
        system = name.removeprefix(OFFSITE)
        self._put("second-place", system, payload, datetime.now(UTC), failed=bool(payload.get("trouble")))

    def _put(self, what: What, system: str, found: Any, at: datetime, *, failed: bool = False) -> None:
        if not self._stop.is_set():
            self._latest.put(what, system, found, at, failed=failed)

    def _failed(self, what: What, system: str, why: str) -> None:
        if not self._stop.is_set():
            self._latest.failed(what, system, why)


def _warm(world: World) -> list[tuple[str, Probe]]:
    """Return the looks at those systems at which there is something to look: at a cold standby nothing runs."""
    return [(name, probe) for name, probe in world.probes.items() if not world.inventory.systems[name].cold]
