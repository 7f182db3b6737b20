"""A connection pooler as a service of a lab: PgBouncer, in front of the lab's PostgreSQL."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from cleo_console.lab.account import Account
from cleo_console.lab.pooler.faults import FAULTS
from cleo_console.lab.pooler.place import DATABASE, Place
from cleo_console.lab.ports import free_port
from cleo_console.lab.postgres.programs import find_programs, service_account
from cleo_console.lab.service import HOST, Done, FaultKind, LabService, Order, Say, ServiceStatus
from cleo_console.lab.workspace import SYSTEM_PATH, inventory_path
from journal.errors import CleoError


class PoolerService(LabService):
    """PgBouncer: clients come to `app`, and reach the lab's first PostgreSQL."""

    server_programs: ClassVar[Mapping[str, signal.Signals]] = {"pgbouncer": signal.SIGTERM}
    small_bytes: ClassVar[int] = 100_000
    faults: ClassVar[tuple[FaultKind, ...]] = FAULTS

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Find PgBouncer, and choose port and account."""
        program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")
        if not program:
            sudo = "" if os.geteuid() == 0 else "sudo "
            raise CleoError(
                "The lab needs a program that is not installed: pgbouncer.",
                f"Install it: {sudo}apt-get install --no-install-recommends pgbouncer",
            )
        account = service_account()
        psql = find_programs().bin_directory / "psql"
        return {
            "program": program,
            "psql": str(psql),
            "port": free_port(),
            "account": account.name,
            "uid": account.uid,
            "gid": account.gid,
        }

    @property
    def place(self) -> Place:
        """Where everything lies."""
        chosen = self.instance.settings
        account = Account(chosen["account"], chosen["uid"], chosen["gid"])
        return Place(self.lab, self.instance.name, chosen["port"], chosen["program"], chosen["psql"], account)

    @property
    def title(self) -> str:
        """What people call it."""
        return "PgBouncer"

    @property
    def address(self) -> str:
        """Where clients come in."""
        return f"127.0.0.1:{self.place.port}"

    def create(self, order: Order, say: Say) -> None:
        """Make it, in front of the lab's first PostgreSQL, and start it."""
        name, behind = self._behind()
        say(f"Starting PgBouncer on {self.address}, in front of {name}.")
        own = Path(behind["password"]["file"])
        app = (own.parent / f"{behind['app_roles'][0]}.pgpass").read_text().strip().rpartition(":")[2]
        users = {behind["user"]: own.read_text().strip(), behind["app_roles"][0]: app}
        self.place.make(behind["port"], behind["database"], users)
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.place.start()

    def stop(self) -> None:
        """End it."""
        self.place.end()

    def is_running(self) -> bool:
        """Whether it runs."""
        return self.place.process() is not None

    def status(self) -> ServiceStatus:
        """Look at its process, and whether its clients wait."""
        place, process = self.place, self.place.process()
        lines = [("pooler", f"PgBouncer, {self.address}, database {DATABASE}"), ("configuration", str(place.config))]
        trouble = [f"{DATABASE} is paused"] if process and self._paused() else []
        pids = {"pgbouncer": process.pid if process else None}
        return ServiceStatus("pooler", self.address, pids, {"paused": bool(trouble)}, lines, trouble)

    def inventory_entry(self) -> dict[str, Any]:
        """What the console needs to reach it."""
        place = self.place
        return {
            "title": self.title,
            "host": HOST,
            "fronts": self._behind()[0],
            "databases": [DATABASE],
            "config": str(place.config),
            "socket": str(place.run),
            "port": place.port,
            "run_as": place.account.name,
            "psql": place.psql,
            "pause_s": 3.0,
            "count_s": 3.0,
        }

    def inject(self, kind: FaultKind) -> Done:
        """Inject a fault."""
        return kind.inject(self.place)

    def _paused(self) -> bool:
        rows = (line.split("|") for line in self.place.admin("SHOW DATABASES").splitlines())
        return any(row[0] == DATABASE and row[-2] == "1" for row in rows)

    def _behind(self) -> tuple[str, dict[str, Any]]:
        """Return the lab's first PostgreSQL, as its inventory has it.

        Raises:
            CleoError: it has none.
        """
        import yaml

        path = inventory_path(self.lab)
        known = yaml.safe_load(path.read_text())["systems"] if path.exists() else {}
        for name, entry in known.items():
            if entry["type"] == "postgres" and not entry.get("standby_of"):
                return name, entry
        raise CleoError("A lab's pooler stands in front of a PostgreSQL, and it has none.", "Add one: --only postgres.")
