"""``files.drill``: restores the newest snapshot into a folder of its own, compares every file, measures it, removes it.

A backup that was never restored is a hope. What a drill came to is written beside the repository's snapshots.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from actions.action import action
from actions.backups.drilled import leave_drill, left_by_drill, loss_words, lost_seconds
from actions.context import ActionContext
from actions.machine.scratch_folder import NOT_HAD
from actions.outcome import ActionFailed, Cure, Outcome
from actions.systems.files.restic import Snapshot, restic
from actions.systems.files.room import require_room, show_restored, snapshot_size
from actions.systems.files.store import Store, find_store, identity, instant, last_words
from journal.errors import CleoError
from journal.events.types import Identity
from journal.wording.counting import count
from journal.wording.durations import exact_duration

_ROOM = 1.5
"""Of the size that the snapshot restores to: what runs there is to have room meanwhile."""
_WALK_S = 300.0
_READ = Cure(words="Find out which snapshots are sound.", action="backups.verify", params={"full": True})


def _folder(store: Store) -> str:
    folder, name = store.place.rsplit("/", 1)
    return f"{store.settings.scratch_in.rstrip('/') or folder}/{name}.drill"


def drill_identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return what tells the store from every other, and where its drill restores to."""
    return [*identity(ctx), Identity(name="drill folder", value=_folder(find_store(ctx)), known="reported")]


@action("files.drill_left", target=drill_identity)
def drill_left(ctx: ActionContext) -> Outcome:
    """Tell whether a drill left its folder.

    Needs: its host.
    """
    store = find_store(ctx)
    folder = _folder(store)
    return left_by_drill(folder, there=store.look_at(folder)["kind"] != "missing")


@action("files.drill", probe="files.drill_left", resumable=True, touches=("drill folder",), target=drill_identity)
def drill(ctx: ActionContext) -> Outcome:
    """Restore the newest snapshot into a scratch folder, compare every file with it, and remove it.

    The store itself is read only for the time of its newest file. The folder (`….drill`) lies beside it, or in the
    inventory's `scratch_in`; restic works at the lowest priority there. How long it took and what would be lost is
    measured.

    Needs: room and inodes for the snapshot with some to spare; the repository and its password.

    Leaves: a note beside the snapshots of what came of it (`restored-<time>.json`).

    Killed half way: the folder is left, and the next drill removes it.
    """
    store = find_store(ctx)
    chosen = _newest(store)
    size, files = snapshot_size(store, chosen)
    folder = _folder(store)
    ctx.log(f"snapshot {chosen.label} of {chosen.time:%Y-%m-%d %H:%M:%S} UTC: {size:,} bytes, {files:,} entries")
    require_room(store, int(size * _ROOM), files, store.look_at(folder), f"at {folder}")
    if not ctx.effect(f"restore snapshot {chosen.label} into {folder}, compare every file, and remove it"):
        return Outcome(ok=True, summary=f"would restore snapshot {chosen.label}, compare it, and remove it again")
    now = _newest_file(store)
    begun = time.monotonic()
    words = [folder, chosen.id, store.place, str(chosen.time.timestamp()), str(size)]
    argv = ["nice", "-n", "19", *store.program("scratch", *words, *restic(store.settings))]
    done = store.run("drill", argv, show_restored(ctx))
    if done.code == NOT_HAD:
        raise ActionFailed(f"Nothing was drilled: {last_words(done)}.")
    if done.code:
        why = f"Snapshot {chosen.label} could not be restored: {last_words(done)}"
        leave_drill(ctx, chosen.label, ok=False, words=why, seconds=time.monotonic() - begun, size=size)
        raise ActionFailed(f"{why}.", cures=[_READ])
    return _outcome(store, chosen, json.loads(done.out.strip().splitlines()[-1]), now)


def _newest(store: Store) -> Snapshot:
    """Return the newest snapshot without holes.

    Raises:
        ActionFailed: there is none.
    """
    usable = [each for each in store.snapshots() if not each.unusable]
    if not usable:
        raise ActionFailed(
            f"{store.name} has no usable snapshot in {store.settings.repository}.",
            cures=[Cure(words="Take one.", action="backups.take")],
        )
    return usable[-1]


def _newest_file(store: Store) -> datetime | None:
    """Return the time of the store's newest file as the drill begins; None where nobody can tell."""
    try:
        seen = store.look(walk_s=_WALK_S, timeout_s=_WALK_S + 30)
        store.require_ours(seen)
        if not seen["walked"]:
            raise ActionFailed(f"looking through {store.place} takes more than {_WALK_S:.0f} s")
    except CleoError as error:
        store.ctx.log(f"What would be lost is not measured: {error.message}", "err")
        return None
    return instant(seen["newest"])


def _outcome(store: Store, chosen: Snapshot, found: dict[str, Any], now: datetime | None) -> Outcome:
    seconds, lost = found["seconds"], lost_seconds(now, instant(found["newest"]))
    words = (
        f"Snapshot {chosen.label} was restored in {exact_duration(seconds)}: sound, "
        f"{count(found['files'], 'file')} as in it; {loss_words(lost, 'uploads')}."
    )
    leave_drill(store.ctx, chosen.label, ok=True, words=words, seconds=seconds, size=found["bytes"], lost_s=lost)
    facts = {"drill": chosen.label, "drill_s": seconds, "drill_lost_s": lost, "drill_files": found["files"]}
    return Outcome(ok=True, summary=words, facts=facts)
