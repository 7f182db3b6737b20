"""Talking with line mode in tests: a person who waits for words and then answers, a host with a real runner."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from actions.runner import held
from cleo_console.plain.line_terminal import LineTerminal
from cleo_console.plain.mode import converse
from journal.commands.declare import Declaration
from journal.commands.offer import Offer
from journal.events.types import Kind
from journal.incident.fold import fold_events
from journal.incident.state import Incident
from journal.paths import Paths
from journal.plan.action_spec import Catalogue
from journal.plan.model import Plan
from journal.store.journal import Journal, Reader
from screens.app_services import AppServices, IncidentSummary

DEADLINE_S = 30.0
ME = "ana@bastion"


class WorldServices:
    """The services of one incident, whose runner the test runs."""

    actor = ME

    def __init__(self, paths: Paths, catalogue: Catalogue) -> None:
        self.paths = paths
        self._catalogue = catalogue

    def incidents(self) -> Sequence[IncidentSummary]:
        return [IncidentSummary(id=folder.name, declared_at=datetime.now(UTC)) for folder in self._folders()]

    def _folders(self) -> list[os.DirEntry[str]]:
        return list(os.scandir(self.paths.incidents))

    def plan(self) -> Plan:
        return self.incident().plan

    def incident(self) -> Incident:
        with Reader(self.paths.incident(self._folders()[0].name).journal) as reader:
            return fold_events(reader.events())

    def kinds(self) -> Sequence[Kind]:
        return [Kind.LAB]

    def inventory_name(self) -> str:
        return "tests"

    def declare(self, declaration: Declaration) -> str:
        raise AssertionError("nothing is declared here")

    def offers(self) -> list[Offer]:
        return []

    def answered(self, offer: Offer) -> None:
        raise AssertionError("nothing is offered here")

    def catalogue(self) -> Catalogue:
        return self._catalogue

    def open(self, incident_id: str, waiting: Callable[[str], None] = lambda holder: None) -> Journal:
        return Journal.open(self.paths.incident(incident_id).journal, actor=self.actor, waiting=waiting)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def ensure_runner(self, incident_id: str) -> None:
        assert held(self.paths.incident(incident_id).folder)

    def runner_alive(self, incident_id: str) -> bool:
        return held(self.paths.incident(incident_id).folder)

    def write_fault(self, incident_id: str) -> str:
        return ""

    def way_back(self, incident_id: str, *, plain: bool = False) -> str:
        return f"cleo --plain {incident_id}" if plain else f"cleo open {incident_id}"

    def warnings(self) -> Sequence[str]:
        return []


class Said(io.StringIO):
    """What was printed, for a person in another thread to read."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()
        self._read = 0

    def flush(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def until(self, wanted: str) -> bool:
        """Wait until ``wanted`` was said after what was read so far; return whether it was."""
        end = time.monotonic() + DEADLINE_S
        with self._changed:
            while (at := self.getvalue().find(wanted, self._read)) < 0:
                if not self._changed.wait(end - time.monotonic()):
                    return False
            self._read = at + len(wanted)
        return True


def talk(host: AppServices, *turns: tuple[str, str | Callable[[], str]], incident_id: str = "") -> str:
    """Have a conversation; return all that was printed.

    Args:
        host: the program's side.
        turns: what to wait for, and what to answer then, or what does something first and returns the answer.
        incident_id: which incident.
    """
    reading, writing = os.pipe()
    said, missed = Said(), []

    def person() -> None:
        for wanted, answer in turns:
            if not said.until(wanted):
                missed.append(wanted)
                break
            os.write(writing, f"{answer if isinstance(answer, str) else answer()}\n".encode())
        os.close(writing)

    thread = threading.Thread(target=person)
    thread.start()
    try:
        with LineTerminal(reading, said, 100) as teletype:
            converse(teletype, host, incident_id)
    finally:
        thread.join()
        os.close(reading)
    assert not missed, f"never said: {missed}\n{said.getvalue()}"
    return said.getvalue()
