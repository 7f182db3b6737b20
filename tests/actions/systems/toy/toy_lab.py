"""A lab with one toy store, and the command line that works on it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actions.inventory import load_inventory
from cleo_console.lab.inventory import write_inventory
from cleo_console.lab.service import Instance, Order
from cleo_console.lab.workspace import inventory_path
from cleo_contract.incident import Work
from tests.cleo_console.test_cli import Cleo

try:
    from cleo_toy import client, store
    from cleo_toy.lab import ToyService
    from cleo_toy.settings import ToySettings
except ImportError as error:
    raise ImportError("The package of tests/toy is not installed in this environment: run `make install`.") from error

__all__ = ["store"]

WORD = f"toy@{socket.gethostname()}"
"""What is typed to confirm."""


class ToyLab:
    """The store, its inventory, and ``cleo``."""

    def __init__(self, home: Path, service: ToyService) -> None:
        self.service = service
        self.inventory = inventory_path(service.lab)
        self.cleo = Cleo(home)
        self.cleo.env["CLEO_INVENTORY"] = str(self.inventory)

    @property
    def settings(self) -> ToySettings:
        return load_inventory(self.inventory).system("toy", ToySettings)

    def break_(self, how: str) -> None:
        """Inject one of its faults."""
        self.service.inject(next(kind for kind in self.service.faults if kind.how == how))

    def set(self, key: str, value: str) -> None:
        client.ask(self.settings, "set", key=key, value=value)

    def get(self, key: str) -> str | None:
        found: str | None = client.ask(self.settings, "get", key=key)["value"]
        return found

    def work(self) -> Work:
        """Declare an incident where ``cleo`` finds it."""
        return Work(Path(self.cleo.env["CLEO_HOME"]), self.inventory, "toy")


def new_service(folder: Path, instance: Instance | None = None) -> ToyService:
    """Make a toy store that is up, in a lab's folder; another's ``instance`` gives it that one's name and port."""
    chosen = instance or Instance(name="toy", type="toy", settings=ToyService.choose_settings("toy", None))
    service = ToyService(chosen, folder)
    service.create(Order(size=None, backup_minutes=60), print)
    return service


@contextmanager
def toy_lab(home: Path) -> Iterator[ToyLab]:
    """A toy store that is up, in a lab of its own, and nothing left of it afterwards."""
    service = new_service(home / "lab")
    write_inventory(service.lab, [service])
    try:
        yield ToyLab(home, service)
    finally:
        service.stop()
