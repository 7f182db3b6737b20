"""Finds other open incidents on the same systems, which are shown as a warning."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from actions.inventory import Inventory
from actions.transport import LocalHost
from journal.errors import CleoError
from journal.incident.fold import fold_journal
from journal.store.journal import Journal, JournalWriteFailed
from journal.wording.other_incidents import READING

_LOOK_EVERY_S = 2.0
_ASK_EVERY_S = 60.0


def is_over(journal: Path) -> bool:
    """Return whether the incident of a journal is closed, or its journal gone. One that cannot be read is not."""
    if not journal.exists():
        return True
    try:
        return fold_journal(journal).closed_at is not None
    except (CleoError, OSError):
        return False


def announced_on(folder: Path, inventory: Inventory, system: str) -> Iterator[tuple[Path, str, str]]:
    """Yield journal, id and the system's name there of each incident that was announced on one of our systems.

    It may be closed by now. What cannot be read is passed over: an announcement proves nothing, a claim does.

    Args:
        folder: where all incidents look.
        inventory: ours.
        system: the system's name in it.
    """
    place = dict(_systems(inventory)).get(system)
    for path in sorted(folder.glob("open-*.json")) if place else []:
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            names = [name for name, where in facts["systems"].items() if where == place]
            journal, incident = Path(facts["journal"]), str(facts["incident"])
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            continue
        for name in names:
            yield journal, incident, name


class OtherIncidents:
    """Announces one incident, and finds the other open ones. A folder that cannot be written is ignored.

    Args:
        folder: where all incidents look (the claims' folder).
        incident_id, title, journal: the incident that is announced.
    """

    def __init__(self, folder: Path, incident_id: str, title: str, journal: Path) -> None:
        self._folder = folder
        self._id = incident_id
        self._title = title
        self._journal = journal
        self._systems: dict[str, str] = {}
        self._announced: Inventory | None = None
        self._told: list[dict[str, Any]] | None = None
        self._looked_at = float("-inf")
        self._asked: dict[str, tuple[float, bool]] = {}

    def tell(self, journal: Journal, inventory: Inventory, *, is_open: bool) -> None:
        """Announce this incident while it is open; show which others are about the same systems, as that changes.

        Args:
            journal: of this incident; what is found is shown from there.
            inventory: the one in use: it is announced again after that was changed.
            is_open: whether the incident is.
        """
        if is_open and self._announced is not inventory:
            self._announced = inventory
            self._announce(inventory)
        found = self._look()
        if found is not None and found != self._told:
            with suppress(JournalWriteFailed):
                journal.set_reading(READING, {"incidents": found})
                self._told = found

    def _announce(self, inventory: Inventory) -> None:
        self._systems = dict(_systems(inventory))
        facts = {
            "incident": self._id,
            "title": self._title,
            "journal": str(self._journal),
            "host": socket.gethostname(),
            "systems": self._systems,
        }
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            beside = self._folder / f"open-{self._id}.new"
            beside.write_text(json.dumps(facts), encoding="utf-8")
            beside.replace(self._folder / f"open-{self._id}.json")

    def _look(self) -> list[dict[str, Any]] | None:
        """Return the other open incidents on the same systems; None where it is too soon to look again."""
        if time.monotonic() - self._looked_at < _LOOK_EVERY_S:
            return None
        self._looked_at = time.monotonic()
        return list(self._found())

    def _found(self) -> Iterator[dict[str, Any]]:
        for path in sorted(self._folder.glob("open-*.json")):
            try:
                facts = json.loads(path.read_text(encoding="utf-8"))
                shared = [name for name, place in self._systems.items() if place in facts["systems"].values()]
                if facts["journal"] == str(self._journal) or not shared or self._is_over(facts["journal"]):
                    continue
            except (OSError, ValueError, KeyError, AttributeError):  # just removed, or nobody's
                continue
            yield {"incident": facts["incident"], "title": facts["title"], "host": facts["host"], "systems": shared}

    def _is_over(self, journal: str) -> bool:
        at, over = self._asked.get(journal, (float("-inf"), False))
        if time.monotonic() - at > _ASK_EVERY_S:
            over = is_over(Path(journal))
            self._asked[journal] = (time.monotonic(), over)
        return over


def _systems(inventory: Inventory) -> Iterator[tuple[str, str]]:
    """Yield each system and where it is, in words that two inventories share which call it differently."""
    for name, settings in inventory.systems.items():
        if not settings.place():
            continue
        host = inventory.hosts.get(settings.host)
        where = socket.gethostname() if host is None or isinstance(host, LocalHost) else host.place()
        yield name, f"{where} {settings.place()}"
