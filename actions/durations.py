"""How long steps took in earlier incidents of the same inventory: a line each, in a file beside their folder.

It is evidence for the choice of a strategy and nothing else: where it cannot be written or read, nothing is known.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import msgspec

from journal.events.base import Kind
from journal.events.run import Took
from journal.paths import IncidentPlace
from journal.structs import from_json

_FILE = "durations.jsonl"
_MOST_BYTES = 512 * 1024
"""What is read of it: the newest lines."""


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    inventory: str
    took: Took


def keep(place: IncidentPlace, inventory: str, took: Took) -> None:
    """Note how long an action took.

    Args:
        place: the incident's folder.
        inventory: the inventory's name.
        took: what was measured.
    """
    line = msgspec.json.encode(_Line(inventory=inventory, took=took)) + b"\n"
    try:
        descriptor = os.open(_file(place), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o660)
    except OSError:
        return
    with os.fdopen(descriptor, "ab", buffering=0) as file:
        try:
            file.write(line)
        except OSError:
            return


def earlier(place: IncidentPlace, inventory: str, kind: Kind, actions: Collection[str]) -> list[Took]:
    """Return how long each of these actions took last, at each system.

    Args:
        place: the incident's folder.
        inventory: the inventory's name: another environment's tell nothing.
        kind: the incident's kind: what a lab measured counts in a lab alone, and nothing else does there.
        actions: those that are asked about.
    """
    found = dict[tuple[str, str], Took]()
    for line in _lines(_file(place)):
        took = line.took
        if line.inventory == inventory and took.action in actions and (took.kind is Kind.LAB) == (kind is Kind.LAB):
            found[took.action, took.system] = took
    return [] if kind is Kind.TABLETOP else list(found.values())


def _lines(path: Path) -> list[_Line]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _MOST_BYTES))
            data = file.read(_MOST_BYTES)
    except OSError:
        return []
    found = list[_Line]()
    for text in data.splitlines():
        try:
            found.append(from_json(text, _Line))
        except msgspec.DecodeError:  # cut off at the beginning, or by a killed writer
            continue
    return found


def _file(place: IncidentPlace) -> Path:
    return place.folder.parent.parent / _FILE  # not among the incidents, where every name is one
