"""The demo's host: tabletop incidents in a folder of their own, with a runner inside this process."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Self

from actions.runner import Runner
from actions.tabletop import SimulatedWorld, tabletop_world
from cleo_console.host import ConsoleHost
from cleo_console.settings import home, runner_actor
from journal.events import Kind
from journal.places import Places
from journal.store import Reader

_LEAVE_WITHIN_S = 5.0


class DemoHost(ConsoleHost):
    """Hosts tabletops. Use it as a context manager: leaving ends the runners it started.

    Args:
        actor: who sits here.
        speed: how many times faster than life.
    """

    def __init__(self, actor: str, speed: float) -> None:
        folder = home() / "demo"
        super().__init__(Places(incidents=folder / "incidents", locks=folder / "locks"), actor)
        self._speed = speed
        self._runners: dict[str, tuple[Runner, threading.Thread]] = {}

    def kinds(self) -> Sequence[Kind]:
        """Return the one kind there is here."""
        return [Kind.TABLETOP]

    def inventory_name(self) -> str:
        """Return what stands in for an inventory."""
        return "tabletop"

    def ensure_runner(self, incident_id: str) -> None:
        """Start the incident's runner in this process."""
        if incident_id in self._runners:
            return
        place = self.places.incident(incident_id)
        with Reader(place.journal) as reader:
            scenario = next(iter(reader.events())).body.scenario  # type: ignore[attr-defined]
        world = tabletop_world(SimulatedWorld(self.plan(), scenario, self._speed), self.catalogue())
        runner = Runner(place, world, actor=runner_actor())
        thread = threading.Thread(target=runner.run, name="tabletop-runner", daemon=True)
        self._runners[incident_id] = (runner, thread)
        thread.start()

    def runner_alive(self, incident_id: str) -> bool:
        """Return whether this process hosts the incident's runner."""
        found = self._runners.get(incident_id)
        return found is not None and found[1].is_alive()

    def warnings(self) -> Sequence[str]:
        """Return nothing: no real system is in reach, and nothing outlives the demo."""
        return []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for runner, _thread in self._runners.values():
            runner.stop("the demo was left")
        for _runner, thread in self._runners.values():
            thread.join(_LEAVE_WITHIN_S)
