"""Keeps the looks at one installation going, and hands what they found to prometheus_client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from actions.runner.inventory_watch import InventoryWatch
from cleo_console import __version__
from cleo_console.monitoring.calendar import TESTS_EVERY_S, TestsWatch, samples_of_tests
from cleo_console.monitoring.families import FAMILIES, Sample, grouped
from cleo_console.monitoring.incidents import INCIDENTS_EVERY_S, IncidentsWatch
from cleo_console.monitoring.latest import Latest, Looks, say
from cleo_console.monitoring.pace import HEALTH_EVERY_S, Pace
from cleo_console.monitoring.readiness import ReadinessWatch, samples_of_readiness
from cleo_console.monitoring.repeated import Repeated
from cleo_console.monitoring.samples import Fleet, samples_of_systems
from cleo_console.monitoring.samples_of_incidents import samples_of_incidents, samples_of_looks
from cleo_console.monitoring.watch import SystemsWatch

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.inventory import Inventory
    from actions.runner import World
    from journal.paths import Paths
    from journal.plan.model import Plan

FILES_EVERY_S = 1.0


class Exporter:
    """Looks at everything until `stop`. It changes nothing, and a scrape waits for none of its looks.

    Args:
        paths: this installation's folders.
        plan: whose objectives count.
        load: reads the inventory, and returns its systems to look at.
        context: makes the context in which a system's backups are looked at.
        every_s: seconds between two looks at a system's health.

    Raises:
        CleoError: the inventory cannot be read.
    """

    def __init__(
        self,
        paths: Paths,
        plan: Plan,
        load: Callable[[], World],
        context: Callable[[Inventory, str], ActionContext],
        every_s: float = HEALTH_EVERY_S,
    ) -> None:
        self._plan, self._context, self._every_s = plan, context, every_s
        self.latest = Latest()
        self._inventory = InventoryWatch(paths.inventory, load)
        self._readiness = ReadinessWatch(paths, self.latest)
        self._watch_systems(self._inventory.first())
        self._looks = [
            Repeated(IncidentsWatch(paths, self.latest).look, INCIDENTS_EVERY_S, "incidents"),
            Repeated(TestsWatch(paths, plan, self.latest).look, TESTS_EVERY_S, "tests"),
            Repeated(self._look_at_files, FILES_EVERY_S, "files"),
        ]

    def start(self) -> None:
        """Begin to look."""
        self._systems.start()
        for one in self._looks:
            one.start()

    def stop(self) -> None:
        """Look no more."""
        for one in self._looks:
            one.stop()
        self._systems.stop()

    def samples(self, now: datetime) -> Iterator[Sample]:
        """Yield everything that is known now."""
        fleet, looks = self._fleet, self.latest.looks()
        yield Sample("cleo_exporter_info", (fleet.inventory, __version__), 1)
        yield from samples_of_systems(fleet, looks, now)
        yield from samples_of_incidents(looks, now)
        yield from samples_of_tests(looks, now)
        yield from samples_of_readiness(fleet.inventory, looks, now)
        yield from samples_of_looks(_of(fleet, looks))

    def _watch_systems(self, world: World) -> None:
        pace = Pace.of(len(world.inventory.systems), self._every_s)
        self._world, self._fleet = world, Fleet.of(world.inventory, self._plan, pace)
        self._systems = SystemsWatch(world, self.latest, self._context, pace)
        self.latest.put("inventory", "", None, datetime.now(UTC))

    def _look_at_files(self) -> None:
        self._readiness.look()
        self._look_at_inventory()

    def _look_at_inventory(self) -> None:
        """Look at other systems once the inventory names others; a file that does not fit is told."""
        if not (found := self._inventory.look(self._world.inventory)):
            return
        world, read = found
        if world is None:
            self.latest.failed("inventory", "", f"{read.error} The one before counts.")
            return
        say(f"cleo: the inventory was changed, and is gone by: {', '.join(read.changed) or 'as before'}")
        self._systems.stop()
        self.latest.forget_systems()
        self._watch_systems(world)
        self._systems.start()


def _of(fleet: Fleet, looks: Looks) -> Looks:
    """Return the looks without those at systems that the inventory names no more."""
    return {key: look for key, look in looks.items() if not key[1] or key[1] in fleet.systems}


class ExporterCollector(Collector):
    """What an exporter knows, as prometheus_client asks for it.

    Args:
        samples: returns everything that is known at an instant.
    """

    def __init__(self, samples: Callable[[datetime], Iterable[Sample]]) -> None:
        self._samples = samples

    def collect(self) -> Iterator[Metric]:
        """Yield every metric that has a value."""
        for name, several in grouped(self._samples(datetime.now(UTC))).items():
            family = GaugeMetricFamily(name, FAMILIES[name].help, labels=FAMILIES[name].labels)
            for sample in several:
                family.add_metric(sample.labels, sample.value)
            yield family

    def describe(self) -> Iterable[Metric]:
        """Return nothing: what is known is asked for at a scrape alone."""
        return ()


def registry_of(exporter: Exporter) -> CollectorRegistry:
    """Return a registry that holds this exporter's metrics alone."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ExporterCollector(exporter.samples))
    return registry
