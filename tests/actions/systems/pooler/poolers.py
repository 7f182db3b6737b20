"""A lab with a pooler in front of a primary that was left for another one, and clients that count what they get."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from actions.inventory import Inventory, load_inventory
from actions.outcome import Outcome
from actions.system_type import load
from actions.systems.pooler import SYSTEM
from actions.systems.pooler.pooler import Pooler
from cleo_console.lab.pooler.place import Place
from cleo_console.lab.pooler.service import PoolerService
from tests.actions.contexts import FakeContext
from tests.actions.systems.postgres.failing_over import STANDBY, with_fields
from tests.labs import Lab, running_lab

NAME = "pooler"


class PoolerLab:
    """The pooler, and what is done with it. `postgres` was the primary; its standby is now, and both take writes."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        service = lab.services[NAME]
        assert isinstance(service, PoolerService)
        self.place: Place = service.place
        self.ports = {name: lab.cluster(name).port for name in ("postgres", STANDBY)}

    @property
    def inventory(self) -> Inventory:
        """Who took over counts as the primary, as the runner has it after a promotion."""
        found = with_fields(load_inventory(self.lab.inventory_path), "postgres", standby_of=STANDBY)
        found = with_fields(found, NAME, count_s=0.1)  # the lab's writer stays at the old one
        return with_fields(found, STANDBY, standby_of="")

    def context(self, inventory: Inventory | None = None, **more: Any) -> FakeContext:
        return FakeContext(inventory or self.inventory, system=NAME, **more)

    def do(self, name: str, context: FakeContext | None = None, **params: Any) -> Outcome:
        return (context or self.context()).do(load(SYSTEM.actions[f"{NAME}.{name}"]), **params)

    def leads_to(self) -> str:
        """Where it sends clients now, by the server's name."""
        found = Pooler(self.context(), NAME).look().databases["app"]
        assert not found.paused
        return next(name for name, port in self.ports.items() if found.leads_to == f"127.0.0.1:{port}")

    def client(self, **more: Any) -> psycopg.Connection[Any]:
        """A client of the application, through the pooler."""
        line = (self.lab.directory / "postgres" / "secrets" / "cleo_app.pgpass").read_text().strip()
        where: dict[str, Any] = {"host": "127.0.0.1", "port": self.place.port, "dbname": "app", "user": "cleo_app"}
        return psycopg.connect(
            **{**where, "password": line.rpartition(":")[2], "connect_timeout": 20, "autocommit": True, **more}
        )

    @contextmanager
    def clients(self) -> Iterator[Counter[str]]:
        """A client in a loop on one connection: counts which server answered, and what failed."""
        seen, over = Counter[str](), threading.Event()
        names = {str(port): name for name, port in self.ports.items()}

        def ask() -> None:
            with closing(self.client(prepare_threshold=None)) as session:
                while not over.wait(0.01):
                    try:
                        row = session.execute("SELECT current_setting('port')").fetchone()
                        seen[names[str(row and row[0])]] += 1
                    except psycopg.Error as error:
                        seen[str(error)] += 1
                        return

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        try:
            yield seen
        finally:
            over.set()
            thread.join()

    def reset(self, config: str) -> None:
        """Give the configuration back, and lead it to the old primary."""
        self.place.config.write_text(config)
        self.place.start()
        self.place.admin("RELOAD")
        with suppress(Exception):
            self.place.admin('RESUME "app"')


@contextmanager
def pooler_lab() -> Iterator[PoolerLab]:
    with running_lab() as running:
        lab = Lab.up(running.directory, standby=True, also=[NAME])
        lab.cluster(STANDBY).psql("SELECT pg_promote(true, 60)")
        yield PoolerLab(lab)


def written(path: Path) -> tuple[str, int, int]:
    """A file's text, owner and permissions."""
    about = path.stat()
    return path.read_text(), about.st_uid, about.st_mode
