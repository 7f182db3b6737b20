"""Everything that is measured while an incident is open: health, the second place, and what would be lost."""

from __future__ import annotations

from collections.abc import Callable

from actions.runner.exposure_log import ExposureLog
from actions.runner.monitor import Monitor, readings_of
from actions.runner.second_place import SecondPlaceWatch
from actions.runner.world import World
from journal.events.types import ExposureMeasured
from journal.incident.exposure import OFFSITE
from journal.incident.state import Incident
from journal.store.journal import Journal


class Measuring:
    """Measures the systems of a world as it is now, from the beginning of its life until `stop`.

    Args:
        world: its systems.
        incident: its state.
        journal: where readings and changes of health are written.
        on_fault: told what went wrong with a write, and an empty text once it goes again.
    """

    def __init__(self, world: World, incident: Incident, journal: Journal, on_fault: Callable[[str], None]) -> None:
        self._journal = journal
        known = {name: record.status for name, record in incident.health.items()}
        self._monitor = Monitor(world.probes, journal, on_fault, known)
        self._readings = self._monitor.readings
        before = readings_of(journal) if world.copies else {}
        self._second_place = SecondPlaceWatch(world.copies, self._readings.put, before)
        copied = [f"{OFFSITE}{name}" for name in world.copies]
        self._log = ExposureLog([*(f"health:{name}" for name in world.probes), *copied])
        self._monitor.start()
        self._second_place.start()

    def stop(self) -> None:
        """Stop measuring; a look that hangs is left behind."""
        self._second_place.stop()
        self._monitor.stop()

    def exposure_due(self, incident: Incident) -> ExposureMeasured | None:
        """Return what would be lost, where that is to be written down now."""
        return self._log.due(incident, self._readings.latest(), self._journal.now())
