"""Which snapshot a restore takes: the newest that is sound and was begun before the recovery point."""

from __future__ import annotations

from actions.outcome import ActionFailed, Cure, GateClosed
from actions.systems.files.restic import Snapshot
from actions.systems.files.store import Store
from journal.incident.recovery_point import RecoveryPoint


def candidates(store: Store, named: str) -> list[Snapshot]:
    """Return the snapshots that a restore may take, the best first.

    Args:
        store: the store.
        named: only this one, by the beginning of its id; empty: whichever the recovery point allows.

    Raises:
        ActionFailed: there is none.
        GateClosed: the recovery point says nothing of this store.
    """
    decided = store.ctx.incident.recovery_point or RecoveryPoint(latest=True)
    point = decided.of(store.name)
    if point is None:
        raise GateClosed("recovery-point", f"The recovery point says nothing of {store.name}.", yields="never")
    usable = [each for each in store.snapshots() if not each.unusable]
    fitting = [each for each in usable if _fits(each, point) and each.id.startswith(named)]
    if fitting:
        return fitting[::-1] if not named else fitting[-1:]
    there = f"{usable[0].time:%Y-%m-%d %H:%M:%S} to {usable[-1].time:%Y-%m-%d %H:%M:%S} UTC" if usable else "none"
    choose = Cure(words="Choose a recovery point that a snapshot leads to.", decision="recovery_point")
    raise ActionFailed(f"No snapshot of {store.name} leads to {named or point}; there are: {there}.", cures=[choose])


def _fits(snapshot: Snapshot, point: RecoveryPoint) -> bool:
    if point.instant:
        return snapshot.time <= point.instant
    return point.latest or snapshot.id.startswith(point.value)
