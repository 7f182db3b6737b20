"""Everything that a scrape tells, by name: what it means, and its labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from actions.backups.unattended.metrics import HELP as BACKUPS

_SYSTEM = ("system", "type", "site", "data")
_BACKUPS = ("system", "type")
"""As in the file that ``cleo backup run`` writes."""


class Family(NamedTuple):
    """One metric: what it means, and the names of its labels."""

    help: str
    labels: Sequence[str]


class Sample(NamedTuple):
    """One value of a metric, with the values of its labels in their order."""

    family: str
    labels: Sequence[str]
    value: float


FAMILIES: Mapping[str, Family] = {
    "cleo_exporter_info": Family(
        "Which inventory and which version of the program this is about.", ("inventory", "version")
    ),
    "cleo_system_info": Family(
        "A system of the inventory: which of the plan's it plays, whom it follows, whether it is cold, or has backups.",
        (*_SYSTEM, "plays", "standby_of", "cold", "backed_up"),
    ),
    "cleo_system_status": Family("1 for the status that the latest look found.", (*_SYSTEM, "status")),
    "replication_lag_seconds": Family(
        "How far a standby is behind, or a primary's nearest replica; absent unless both answer.",
        _SYSTEM,
    ),
    "rpo_exposure_seconds": Family(
        "What would be lost now: scope=store with the system and its disks, scope=site with its whole site.",
        (*_SYSTEM, "scope"),
    ),
    "rpo_target_seconds": Family("What the plan promises of a system's data.", _SYSTEM),
    **{name: Family(words, _BACKUPS) for name, words in BACKUPS.items() if not name.startswith("backup_run_")},
    "cleo_ready": Family(
        "1 where the scenario would be recovered from within its objectives, 0 where not; by cleo ready.", ("scenario",)
    ),
    "cleo_test_overdue": Family(
        "1 where a test of the plan was held neither in this period nor before.", ("test", "every")
    ),
    "cleo_test_last_timestamp": Family("When a journal shows last that the test was held.", ("test", "every")),
    "cleo_drill_last_timestamp": Family(
        "When an exercise of this scenario ended last, completed or not.", ("kind", "scenario", "outcome")
    ),
    "cleo_incidents_open": Family("How many incidents of the kind are open.", ("kind",)),
    "cleo_incident_open": Family("1 for each incident that is open.", ("incident", "kind", "severity", "scenario")),
    "cleo_incident_in_doubt": Family("How many of its steps are in doubt.", ("incident",)),
    "rto_left_seconds": Family(
        "Seconds until the recovery time objective is missed; below 0 it was; absent once it is reached.",
        ("incident", "tier"),
    ),
    "rto_target_seconds": Family("What the plan promises of a tier.", ("incident", "tier")),
    "cleo_measured_timestamp": Family("When a look at this succeeded last; absent: none did.", ("what", "system")),
    "cleo_measurement_failed": Family(
        "1 where the very last look at this did not succeed; absent where it did.", ("what", "system")
    ),
}


def grouped(samples: Iterable[Sample]) -> dict[str, list[Sample]]:
    """Return the samples by their family, in the order in which these are told."""
    found: dict[str, list[Sample]] = {name: [] for name in FAMILIES}
    for sample in samples:
        found[sample.family].append(sample)
    return {name: several for name, several in found.items() if several}
