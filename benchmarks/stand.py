"""The environment of a benchmark: a home folder, an incident, systems that never answer, and the cleanup."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.terminal import Terminal
from journal.commands.declare import Declaration, declare
from journal.events.types import Kind
from journal.incident.fold import fold_events
from journal.incident.state import Incident
from journal.paths import IncidentPlace, Paths
from journal.plan.read import LoadedPlan, plan_from_data
from journal.store.journal import Reader

ROOT = Path(__file__).parents[1]
TITLE = "bench: db1 is gone"
ACTOR = "bench@bench"
CONSOLE = (sys.executable, "-P", "-m", "cleo_console")
BARE = (sys.executable, "-P", str(ROOT / "benchmarks" / "bare.py"))


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on a real disk (BENCH_DIR, else /var/tmp), gone afterwards. Others may enter it, as servers must."""
    place = Path(tempfile.mkdtemp(prefix="cleo-bench-", dir=os.environ.get("BENCH_DIR", "/var/tmp")))
    place.chmod(0o755)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


class Stand:
    """One incident and what is needed to open the console on it. Use it as a context manager.

    Args:
        home: the home of journals.
        inventory: the inventory file, or None.
        extra: steps that come first in the plan.
    """

    def __init__(self, home: Path, inventory: Path | None = None, extra: Sequence[dict[str, Any]] = ()) -> None:
        self._inventory = inventory
        paths = Paths(incidents=home / "incidents", locks=home / "locks", inventory=inventory)
        began = datetime.now(UTC) - timedelta(minutes=7)
        told = Declaration(
            title=TITLE,
            scenario="database-failure",
            severity="high",
            kind=Kind.LAB if inventory else Kind.DRILL,
            began_at=began,
            discovered_at=began,
        )
        self.place: IncidentPlace = declare(
            paths, plan(extra), told, actor=ACTOR, inventory=str(inventory or ""), program="benchmarks"
        )
        self.env = {"CLEO_HOME": str(home), "CLEO_INVENTORY": str(inventory or ""), "CLEO_ACTOR": ACTOR}

    def console(self) -> Terminal:
        """Open the console on the incident."""
        return Terminal([*CONSOLE, "open", self.place.folder.name], self.env)

    def incident(self) -> Incident:
        """Return the incident as its journal has it now."""
        with self.reader() as reader:
            return fold_events(reader.events())

    def reader(self) -> Reader:
        """Open the journal for reading."""
        return Reader(self.place.journal)

    def runner_pid(self) -> int:
        """Return the process id of the runner that has the lease; 0 where none has."""
        try:
            note = json.loads((self.place.folder / "lease.json").read_text())
        except FileNotFoundError:
            return 0
        return 0 if note.get("released") else int(note["pid"])

    def wait_for_runner(self, console: Terminal | None = None) -> None:
        """Return once a runner has the lease: one that is only starting could not be ended.

        Args:
            console: goes on being read meanwhile: a terminal that nobody reads holds its program up.
        """

        def has_one() -> int:
            if console:
                console.listen(0.01)
            return self.runner_pid()

        wait_for("a runner", has_one)

    def end_runner(self) -> None:
        """Ask the runner to stop, and wait until it has."""
        pid = self.runner_pid()
        with contextlib.suppress(ProcessLookupError):
            if pid:
                os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 20
        while self.runner_pid() and time.monotonic() < deadline:
            time.sleep(0.02)

    def __enter__(self) -> Stand:
        return self

    def __exit__(self, *_: object) -> None:
        self.end_runner()


@contextmanager
def console_at_rest(
    silent: Sequence[str],
    extra: Sequence[dict[str, Any]] = (),
    answering: Mapping[str, dict[str, Any]] | None = None,
) -> Iterator[tuple[Stand, Terminal]]:
    """The console with its runner at work.

    Args:
        silent: systems of the inventory that never answer.
        extra: steps that come first in the plan.
        answering: further systems of the inventory, by name, as they are written there.
    """
    with (
        folder() as home,
        silent_systems(home, silent, answering or {}) as inventory,
        Stand(home, inventory, extra) as stand,
        stand.console() as console,
    ):
        console.until(lambda text: "Checklist" in text and "Health" in text)
        stand.wait_for_runner(console)
        yield stand, console


def plan(extra: Sequence[dict[str, Any]] = ()) -> LoadedPlan:
    """Return the bundled plan, with some steps before its first."""
    from cleo_console.plans import bundled
    from journal.plan.load import load_plan

    loaded = load_plan(bundled())
    data = copy.deepcopy(loaded.data)
    if extra:
        data["phases"][0]["sections"].insert(0, {"title": "Benchmark", "steps": list(extra)})
    return LoadedPlan(plan_from_data(data), data, loaded.sha256, loaded.source)


def wait_for(what: str, wanted: Any, deadline_s: float = 30.0) -> None:
    """Return once ``wanted()`` is true.

    Raises:
        TimeoutError: it never was.
    """
    end = time.monotonic() + deadline_s
    while not wanted():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {deadline_s:.0f} s")
        time.sleep(0.05)


@contextmanager
def silent_systems(place: Path, names: Sequence[str], answering: Mapping[str, dict[str, Any]]) -> Iterator[Path]:
    """An inventory with systems that are out of reach: connections are taken by the kernel, and never answered."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(512)
        path = place / "inventory.yaml"
        systems = {name: _silent(silent.getsockname()[1]) for name in names} | dict(answering)
        hosts = {"db1": {"via": "local"}}
        path.write_text(
            json.dumps({"name": "bench", "lab": True, "allows": ["LAB"], "hosts": hosts, "systems": systems})
        )
        yield path


def _silent(port: int) -> dict[str, Any]:
    return {
        "type": "postgres",
        "host": "db1",
        "data_directory": "/nowhere",
        "port": port,
        "service": {"manager": "pg_ctl", "log": "/nowhere/log"},
        "backups": {},
    }
