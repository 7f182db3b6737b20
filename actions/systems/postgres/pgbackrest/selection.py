"""Which backup a recovery starts from: the newest sound one that leads to the recovery point."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from actions.outcome import ActionFailed, Cure
from actions.recovery_point import label_of
from actions.systems.postgres.pgbackrest.command import Backup, Repository
from actions.systems.postgres.wal import Path, lsn_of
from journal.incident.recovery_point import RecoveryPoint
from journal.plan.model import RECOVERY_POINT


class Selection(msgspec.Struct, frozen=True):
    """The backup, and in words why newer ones were passed over."""

    backup: Backup
    passed_over: list[str]


def select_backup(
    repository: Repository,
    point: RecoveryPoint,
    path: Path,
    *,
    named: str = "",
    damaged: Collection[tuple[int, str]] = (),
) -> Selection:
    """Return the newest usable backup, or the named one.

    Args:
        repository: what there is.
        point: where to recover to.
        path: the way through the timelines that ends there.
        named: a label that a person insists on.
        damaged: number of the repository and label of each set that was found damaged.

    Raises:
        ActionFailed: none is usable, or the named one is not.
    """
    wanted = named or label_of(point)
    candidates = [b for b in repository.backups if not wanted or b.label == wanted]
    passed_over = repository.troubles()
    for backup in sorted(candidates, key=lambda b: (-b.stopped_at.timestamp(), b.repository)):
        if not (why := _unusable(backup, point, path, damaged)):
            return Selection(backup, passed_over)
        which = f" in repository {backup.repository}" if len(repository.keys) > 1 else ""
        passed_over.append(f"{backup.label}{which} {why}")
    passed_over += [f"{label} is of a cluster before this one" for label in repository.earlier if wanted in ("", label)]
    raise ActionFailed(
        f"No backup leads to {point}: {'; '.join(passed_over) or f'there is no backup {wanted}'.rstrip()}.",
        cures=[_cure(named)],
    )


def _unusable(backup: Backup, point: RecoveryPoint, path: Path, damaged: Collection[tuple[int, str]]) -> str:
    if (backup.repository, backup.label) in damaged:
        return "is damaged in the repository"
    if backup.error:
        return "holds pages that were corrupt when it was taken"
    # A backup's end comes in whole seconds, rounded down; PostgreSQL itself refuses an instant within the last one.
    if point.kind == "time" and point.instant and backup.stopped_at >= point.instant:
        return "ends after the recovery point"
    if point.kind == "lsn" and backup.stop_lsn > lsn_of(point):
        return "ends after the recovery point"
    if not path.contains(backup.timeline, backup.stop_lsn):
        return f"is of timeline {backup.timeline}, which an earlier recovery left"
    return ""


def _cure(named: str) -> Cure:
    if named:
        words = "Leave out which backup: then the newest sound one that leads there is taken."
        return Cure(words=words, action="postgres.restore", params={"backup": ""})
    return Cure(words="Decide on another recovery point, or find another repository.", decision=RECOVERY_POINT)
