"""In which systems the newest state holds damage that came with what was written, as far as was found. Pure.

Damage to pages and files is none of it: a log does not carry that, and the latest over a sound backup is right.
"""

from __future__ import annotations

from collections.abc import Iterable

from journal.events.types import Finding
from journal.incident.affected import is_hit
from journal.incident.decisions import physical_evidence
from journal.incident.last_good import changed_systems
from journal.incident.records import FoundWrong
from journal.incident.recovery_point import read
from journal.incident.state import Incident
from journal.plan.model import RECOVERY_POINT


def damaged(incident: Incident) -> dict[str, str]:
    """Return the systems whose newest state is known to hold damage, each with how that is known."""
    wrong = {name: f"data {found}" for name in incident.found_wrong if (found := wrong_as_written(incident, name))}
    return wrong | changed_systems(incident)


def ever_damaged(incident: Incident) -> list[str]:
    """Return the systems in which such damage was found in this incident, also those that were recovered since."""
    found = (one for run in incident.runs.values() for one in run.findings if one.severity == "wrong" and one.system)
    wrong = (one.system for one in found if _is_written(incident, [one]))
    return list(dict.fromkeys([*wrong, *damaged(incident)]))


def wrong_as_written(incident: Incident, system: str) -> FoundWrong | None:
    """Return what is proven wrong in a system; None where nothing is, or its pages and files alone."""
    found = incident.found_wrong.get(system)
    return found if found and _is_written(incident, found.findings) else None


def found_since(incident: Incident, system: str = "") -> str:
    """Return what was proven wrong after the latest state was decided as the recovery point, in words.

    What was decided before that was known is no answer to it. Empty: nothing was, or another point was decided.

    Args:
        incident: its state.
        system: in this one; empty: in any that is to be recovered.
    """
    decided = incident.decisions.get(RECOVERY_POINT)
    point = read(decided.answer) if decided else None
    if decided is None or point is None or not point.latest:
        return ""
    names = [system] if system else [name for name in incident.found_wrong if is_hit(incident, name)]
    wrong = ((name, found) for name in names if (found := wrong_as_written(incident, name)))
    return next((f"{name}: data {found}" for name, found in wrong if found.at > decided.at), "")


def _is_written(incident: Incident, findings: Iterable[Finding]) -> bool:
    physical = physical_evidence(incident)
    written = (one for one in findings if not one.on_disk)
    return any(not any(one.text in line or line in one.text for line in physical) for one in written)
