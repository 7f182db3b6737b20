"""Whether the systems can be brought to a recovery point, as far as the journal tells. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from journal.incident.affected import is_hit
from journal.incident.backup_catalogue import BackupCatalogue, catalogues
from journal.incident.given_up import data_systems
from journal.incident.recovery_point import Forms, PositionForm, RecoveryPoint
from journal.incident.state import Incident
from journal.wording.instants import utc

_BACKUP = "backup"
"""The form of a position that names a backup of the catalogue by its label."""


class Reach(msgspec.Struct, frozen=True):
    """What stands in the way of a recovery point, a line each.

    Attributes:
        impossible: what is certain: nothing leads there, and all that there is was seen.
        doubtful: what may stand in the way.
    """

    impossible: list[str]
    doubtful: list[str]


def reach(incident: Incident, point: RecoveryPoint, forms: Forms) -> Reach:
    """Return what stands in the way of ``point``, for the systems that hold data.

    Args:
        incident: its state.
        point: the recovery point.
        forms: which positions which system understands.
    """
    found = Reach([], [])
    if point.instant and point.instant > max(datetime.now(UTC), incident.last_at):
        found.doubtful.append("The point lies in the future: it is the latest")
    for system, catalogue in catalogues(incident, data_systems(incident)).items():
        title, hit, own = incident.roster.title(system), is_hit(incident, system), point.of(system)
        if own is None:
            found.doubtful.extend([f"{title}: the point says nothing of it; add an instant"] if hit else [])
            continue
        known = forms.get(system, {})
        certain = catalogue.whole and (hit or bool(own.positions))
        early = found.impossible if certain else found.doubtful
        early.extend(f"{title}: {line}" for line in _too_early(own, catalogue, known))
        if hit and catalogue.looked_at and not catalogue.ended:  # other systems still need a point
            found.doubtful.append(f"{title}: no usable backup was found at {catalogue.looked_at:%H:%M:%S} UTC")
        if hit or own.positions:
            until = incident.ledger(system).archived_until
            found.doubtful.extend(f"{title}: {line}" for line in _too_late(own, catalogue, known, until))
    return found


def _too_early(point: RecoveryPoint, catalogue: BackupCatalogue, forms: Mapping[str, PositionForm]) -> Iterator[str]:
    """Yield why no backup leads to a point of one system."""
    if catalogue.looked_at is None or point.latest:
        return
    seen = f"as the look at {catalogue.looked_at:%H:%M:%S} UTC found"
    listed = "there is" if catalogue.whole else "that was listed"
    oldest = min(catalogue.ended.values(), default=None)
    if oldest and point.instant and point.instant <= oldest:
        yield f"the oldest backup {listed} ended at {utc(oldest)}, not before the point, {seen}"
    elif oldest and point.kind == _BACKUP and point.value not in catalogue.ended:
        yield f"{point.value} is none of the backups {listed} ({', '.join(list(catalogue.ended)[-3:])}), {seen}"
    form, (first, _) = forms.get(point.kind), catalogue.reach.get(point.kind, ("", ""))
    if form and first and form.order(point.value) < form.order(first):
        yield f"its backups lead to {point.kind} {first} at the earliest, {seen}"


def _too_late(
    point: RecoveryPoint, catalogue: BackupCatalogue, forms: Mapping[str, PositionForm], until: datetime | None
) -> Iterator[str]:
    """Yield what lies behind the end of the log that is known to be archived: it is there only if the log survived."""
    only = "what lies behind that comes back only if its own log survived"
    if point.instant and until and point.instant > until:
        yield f"archived until {utc(until)}: {only}"
    form, (_, last) = forms.get(point.kind), catalogue.reach.get(point.kind, ("", ""))
    if form and last and form.order(point.value) > form.order(last):
        yield f"archived until {point.kind} {last}: {only}"
