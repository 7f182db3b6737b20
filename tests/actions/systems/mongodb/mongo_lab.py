"""A real mongod for tests: CleoAI's collections in a replica set with authentication, in a lab of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actions.health import Health
from actions.inventory import Inventory, load_inventory
from actions.systems.mongodb.probe import probe
from actions.systems.mongodb.server import Server, find_server
from actions.systems.mongodb.settings import MongodbSettings
from actions.transport import LocalHost, open_transport
from cleo_console.lab.inventory import write_inventory
from cleo_console.lab.mongodb.cluster import CONSOLE, Member
from cleo_console.lab.mongodb.service import MemberService, MongodbService
from cleo_console.lab.processes import kill_processes
from cleo_console.lab.service import Instance, Order
from cleo_console.lab.workspace import inventory_path
from tests.actions.contexts import FakeContext
from tests.lab_template import new_parent

if TYPE_CHECKING:
    from pymongo import MongoClient

Client = Any
"""A session's client: documents are dicts."""


class MongoLab:
    """One mongod of a lab, its inventory, and contexts for actions on it."""

    def __init__(self, service: MemberService) -> None:
        self.service = service
        self.inventory_file = inventory_path(service.lab)

    @property
    def member(self) -> Member:
        """What lies where."""
        return self.service.member

    @property
    def inventory(self) -> Inventory:
        """The inventory, as it is written now."""
        return load_inventory(self.inventory_file)

    @property
    def settings(self) -> MongodbSettings:
        """The server's entry in it."""
        return self.inventory.system(self.service.instance.name, MongodbSettings)

    def session(self, user: str = CONSOLE) -> AbstractContextManager[MongoClient[dict[str, Any]]]:
        """A session as the console's or the application's user."""
        return self.member.session(user)

    def context(self, **more: Any) -> FakeContext:
        """A context for an action on it."""
        return FakeContext(self.inventory, system=self.service.instance.name, **more)

    def server(self, **more: Any) -> Server:
        """The server as actions meet it."""
        return find_server(self.context(**more))

    def health(self, deadline_s: float = 5.0, **changes: Any) -> Health:
        """Its health, as an inventory with these changes would have it measured."""
        import msgspec

        settings = msgspec.structs.replace(self.settings, **changes)
        host = open_transport(LocalHost())
        return probe(self.service.instance.name, settings, host, deadline_s=deadline_s)

    def break_(self, how: str) -> Mapping[str, Any]:
        """Inject one of its faults, and return its figures."""
        kind = next(kind for kind in self.service.faults if kind.how == how)
        return self.service.inject(kind)[1]


def new_service(folder: Path, name: str = "mongodb") -> MongodbService:
    """Make a mongod that is up, in a lab's folder, with the small set of data."""
    folder.mkdir(mode=0o755, exist_ok=True)
    chosen = Instance(name=name, type="mongodb", settings=MongodbService.choose_settings(name, None))
    service = MongodbService(chosen, folder)
    service.create(Order(size=None, backup_minutes=60), lambda _: None)
    return service


@contextmanager
def running_mongodb() -> Iterator[MongoLab]:
    """A mongod that is up, in a lab of its own, and nothing left of it afterwards."""
    parent = new_parent()
    folder = parent / "lab"
    try:
        service = new_service(folder)
        write_inventory(folder, [service])
        yield MongoLab(service)
    finally:
        kill_processes(folder)
        shutil.rmtree(parent)
