"""A lab with a configuration alone, and its actions in a context without a runner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actions.health import Health
from actions.inventory import load_inventory
from actions.outcome import Outcome
from actions.system_type import load
from actions.systems.configuration import SYSTEM
from actions.systems.configuration.probe import probe
from actions.systems.configuration.settings import ConfigurationSettings
from actions.transport import open_transport
from cleo_console.lab import Lab
from cleo_console.lab.configuration.place import Place
from cleo_console.lab.configuration.service import ConfigurationService
from journal.incident.recovery_point import parse
from tests.actions.contexts import FakeContext
from tests.labs import lab_directory


class ConfigurationLab:
    """The configuration, its inventory, and what is done with it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.inventory = lab.inventory_path
        service = lab.services["configuration"]
        assert isinstance(service, ConfigurationService)
        self.place: Place = service.place

    @property
    def directory(self) -> Path:
        return self.place.directory

    def context(self, point: str = "latest", **more: Any) -> FakeContext:
        """A context in an incident whose recovery point is decided."""
        found = FakeContext(load_inventory(self.inventory), system="configuration", **more)
        forms = {"configuration": {form.name: form for form in SYSTEM.positions}}
        return found.with_incident(recovery_point=parse(point, forms))

    def do(self, name: str, context: FakeContext | None = None, **params: Any) -> Outcome:
        """Run one of its actions."""
        return (context or self.context()).do(load(SYSTEM.actions[f"configuration.{name}"]), **params)

    def health(self) -> Health:
        """Measure it, as console and runner do."""
        inventory = load_inventory(self.inventory)
        settings = inventory.system("configuration", ConfigurationSettings)
        return probe("configuration", settings, open_transport(inventory.host(settings.host)), deadline_s=15)

    def running(self) -> dict[str, bytes]:
        """What runs, by path."""
        files = (path for path in self.directory.rglob("*") if path.is_file() or path.is_symlink())
        return {str(path.relative_to(self.directory)): path.read_bytes() for path in files}

    def set_inventory(self, before: str, after: str) -> None:
        """Change the inventory."""
        self.inventory.write_text(self.inventory.read_text().replace(before, after))


@contextmanager
def configuration_lab() -> Iterator[ConfigurationLab]:
    """A lab with a configuration alone, and nothing left of it afterwards."""
    with lab_directory() as directory:
        yield ConfigurationLab(Lab.up(directory, systems=["configuration"]))
