"""Strikes out of a text what customers must not read: names of machines, people and systems, paths, addresses, ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from journal.incident.team import PROGRAMS
from journal.report.model import Report

if TYPE_CHECKING:
    from journal.incident.state import Incident

STRUCK = "▮▮▮"
_ROLES = frozenset({"root", "admin", "oncall", *PROGRAMS})
"""Names of accounts that are no person's, and may be words of a sentence (the root cause)."""
_ALWAYS = (
    r"~?(?<![\w/.])/(?:[^\s/:;,'\"()<>|]+/)+[^\s/:;,'\"()<>|]*",  # a path
    r"[\w.+-]+@[\w.-]+\w",  # an account, an address
    r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b",  # an IP address
    r"\b(?=[0-9a-f-]*\d)[0-9a-f]{4,}(?:-[0-9a-f]{4,})+\b",  # a head, a UUID
    r"\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b",  # a digest, a machine id
    r"\bINC-[\w-]+\b",
)


class InternalNames:
    """The names that an incident's journal knows, and customers must not read.

    Attributes:
        struck: what was struck out so far, each once.
    """

    def __init__(self, names: Iterable[str]) -> None:
        wanted = sorted({name.strip() for name in names if len(name.strip()) > 1}, key=len, reverse=True)
        known = [rf"(?<!\w){re.escape(name)}(?!\w)" for name in wanted]
        self._pattern = re.compile("|".join((*_ALWAYS, *known)), re.IGNORECASE)
        self.struck: dict[str, None] = {}

    @classmethod
    def of(cls, report: Report, incident: Incident) -> InternalNames:
        """Collect the names of an incident."""
        return cls([*_people(report), *_systems(incident), *_machines(report)])

    def strike(self, text: str) -> str:
        """Return text with every internal name struck out."""
        self.struck |= dict.fromkeys(match[0] for match in self._pattern.finditer(text))
        return self._pattern.sub(STRUCK, text)

    def unless_named(self, text: str, otherwise: str) -> str:
        """Return text if it holds no internal name."""
        return otherwise if self._pattern.search(text) or not text else text


def _people(report: Report) -> Iterator[str]:
    for writer in (*report.responders, *report.programs):
        person, _, host = writer.name.partition("@")
        yield from (writer.name, host, "" if person.lower() in _ROLES else person)
    for named in (*(call.who for call in report.calls), *(item.owner for item in report.action_items)):
        yield from (named, *(word for word in re.findall(r"[\w-]+", named) if word[0].isupper()))
    yield from (call.contact for call in report.calls)


def _systems(incident: Incident) -> Iterator[str]:
    yield from (incident.id, incident.inventory)
    for name, planned in incident.plan.systems.items():
        yield from (name, planned.title)
    for name, known in incident.roster.systems.items():
        yield from (name, known.type, known.title, incident.roster.title(name))


def _machines(report: Report) -> Iterator[str]:
    for run in report.actions:
        yield from (fact.value for fact in run.target)
        yield from (program.host for program in run.programs)
    yield from (entry.system for entry in report.health)
