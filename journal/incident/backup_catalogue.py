"""What the latest look at a system's backups found, as one type: recovery points are judged by it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

import msgspec

from journal.events.measured import Measured

if TYPE_CHECKING:
    from journal.incident.records import Run
    from journal.incident.state import Incident


class BackupCatalogue(msgspec.Struct, frozen=True, kw_only=True):
    """The backups from which one system can be restored.

    Attributes:
        ended: when each of them ended, by its label.
        whole: all of them are listed, and no repository was left out: what is not listed was not there.
        reach: the first and the last position that the backups and their log lead to, by the form of a position.
        looked_at: when the look ended; None where nobody looked.
    """

    ended: Mapping[str, datetime] = {}
    whole: bool = False
    reach: Mapping[str, tuple[str, str]] = {}
    looked_at: datetime | None = None

    @classmethod
    def of(cls, facts: Mapping[str, Any], looked_at: datetime | None = None) -> Self:
        """Return the catalogue among an action's facts; what has another form counts as not listed."""
        sets, reach = (found if isinstance(found := facts.get(name), dict) else {} for name in ("sets", "reach"))
        ends = {str(form): both for form, both in reach.items() if isinstance(both, list | tuple) and len(both) == 2}
        return cls(
            ended={str(label): at for label, text in sets.items() if (at := _instant(text))},
            whole=facts.get("all_sets") is True,
            reach={form: (str(first), str(last)) for form, (first, last) in ends.items()},
            looked_at=looked_at,
        )

    def facts(self) -> dict[str, Any]:
        """Return it as facts of an action, for `of`."""
        ended = {label: at.isoformat() for label, at in self.ended.items()}
        return {"sets": ended, "all_sets": self.whole, "reach": {form: list(both) for form, both in self.reach.items()}}


def _instant(text: Any) -> datetime | None:
    return Measured.of({"recovered_to": text}).recovered_to


def catalogue_of(incident: Incident, system: str) -> BackupCatalogue:
    """Return what the latest look at a system's backups found; an empty one where nobody looked."""
    return catalogues(incident, [system])[system]


def catalogues(incident: Incident, systems: Collection[str]) -> dict[str, BackupCatalogue]:
    """Return what the latest look at each system's backups found; an empty one where nobody looked."""
    found = dict[str, BackupCatalogue]()
    for run in reversed(incident.runs.values()):
        if len(found) == len(systems):
            break
        for system in systems if _lists_backups(run) else ():
            facts = facts_of(run, system)
            if system not in found and isinstance(facts.get("sets"), dict):
                found[system] = BackupCatalogue.of(facts, run.finished_at)
    return {system: found.get(system) or BackupCatalogue() for system in systems}


def _lists_backups(run: Run) -> bool:
    return any("sets" in part for part in (run.facts, *run.facts.values()) if isinstance(part, dict))


def facts_of(run: Run, system: str) -> Mapping[str, Any]:
    """Return what a run says of a system: by its name, where it looked at several; all of it, where at this one."""
    named = run.facts.get(system)
    if isinstance(named, dict):
        return named
    return run.facts if run.system in ("", system) else {}
