"""Incidents in a lab, each worked by a runner of its own that may be killed at a point between two effects."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from actions.runner import held
from benchmarks.stand import ROOT
from journal.commands.incident import IncidentCommands
from journal.events.types import Override
from journal.incident.fold import fold_journal
from journal.incident.records import Run
from journal.incident.state import Incident
from journal.store.journal import Journal

DEADLINE_S = 120.0
GATES = ("order", "smallest-cure", "hold", "space", "one-writer")


class InventoryLab(Protocol):
    """What is asked of a lab: where its inventory lies."""

    @property
    def inventory_path(self) -> Path:
        """The file."""
        ...


class Process(Protocol):
    """A runner's process."""

    def poll(self) -> int | None:
        """Return how it ended; None: it is at work."""
        ...


L = TypeVar("L", bound=InventoryLab)


class Incidents(Generic[L]):
    """One lab and the incidents that are worked in it."""

    def __init__(self, lab: L, home: Path) -> None:
        self.lab = lab
        self.home = home
        self.env = {
            **os.environ,
            "CLEO_HOME": str(home),
            "CLEO_INVENTORY": str(lab.inventory_path),
            "CLEO_ACTOR": "bench@bench",
            "PYTHONPATH": str(ROOT),
        }
        self.seen = home / "points"

    def declare(self) -> Path:
        """Declare an incident whose recovery point is decided, and return its folder."""
        words = ["declare", "--title", "bench", "--scenario", "database-failure", "--kind", "LAB"]
        name = self._cleo(*words)
        self._cleo("decide", "recovery-point", "latest", "--reason", "the disk died", "-i", name)
        return self.home / "incidents" / name

    def close(self, place: Path) -> None:
        """Close an incident, whatever is not in order: its claims go with it."""
        from journal.incident.closing import phrase, remaining

        with self.runner(place) as process:  # it gives up the incident's claims
            until_at_work(place)
            for _ in range(10):  # what is left open may change under the words: the runner has just come
                words = ["close", "--summary", "over", "--leaving", phrase(remaining(fold(place))), "-i", place.name]
                with suppress(subprocess.CalledProcessError):
                    self._cleo(*words)
                    process.wait(DEADLINE_S)
                    return
            raise RuntimeError(f"{place.name} cannot be closed")

    def _cleo(self, *words: str) -> str:
        argv = [sys.executable, "-P", "-m", "cleo_console", *words]
        return subprocess.run(argv, capture_output=True, text=True, env=self.env, check=True).stdout.strip()

    @contextmanager
    def runner(self, place: Path, dies_at: int = 0) -> Iterator[subprocess.Popen[bytes]]:
        """A runner at work on an incident; it is stopped at the end of the block, if it did not die before."""
        self.seen.write_text("")
        argv = [sys.executable, "-P", "-m", "benchmarks.dying_runner", str(place), str(dies_at), str(self.seen)]
        with (self.home / "runner.log").open("ab") as log:
            process = subprocess.Popen(argv, env=self.env, cwd=ROOT, stdout=log, stderr=log)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(DEADLINE_S)

    def points(self) -> list[str]:
        """Return the names of the points that the last runner passed."""
        return [line.partition(" ")[2] for line in self.seen.read_text().splitlines()]


def until_at_work(place: Path) -> None:
    """Wait until a runner has come to an incident."""
    end = time.monotonic() + DEADLINE_S
    while not held(place):
        if time.monotonic() > end:
            raise TimeoutError("no runner comes to work")
        time.sleep(0.02)


def fold(place: Path) -> Incident:
    """Return an incident as its journal has it now."""
    return fold_journal(place / "journal.db")


def ask(place: Path, action: str, word: str, system: str = "") -> int:
    """Ask for an action, with every gate that yields passed by a person's word."""
    with Journal.open(place / "journal.db", actor="bench@bench") as journal:
        overrides = [Override(gate=gate, reason="bench", target=word) for gate in GATES]
        return IncidentCommands(journal, lambda: fold(place)).request_action(
            action, {}, system=system, confirmed=word, overrides=overrides
        )


def over(place: Path, run: int, process: Process) -> Run | None:
    """Wait for the end of a run; None where its runner died first."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        found = fold(place).runs[run]
        if found.state.over:
            return found
        if process.poll() is not None:
            return None
        time.sleep(0.05)
    raise TimeoutError(f"{found.action} is {found.state} after {DEADLINE_S:.0f} s")
