"""``files.drill``: restores the newest snapshot into a folder of its own, compares every file, measures it, removes it.

A backup that was never restored is a hope. What a drill came to is written beside the repository's snapshots.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from actions.action import action
from actions.backups.drill.elsewhere import PARAMS, Way, drill_identity, drill_leftover, drilled
from actions.backups.drill.outcome import leave_drill, left_by_drill, loss_words, lost_seconds
from actions.backups.drill.place import DrillPlace, newest_now
from actions.backups.drill.settings import drill_python
from actions.backups.offsite.kept import not_kept
from actions.context import ActionContext
from actions.machine.scratch_folder import NOT_HAD
from actions.outcome import ActionFailed, Cure, Outcome
from actions.systems.files.restic import Snapshot, restic
from actions.systems.files.room import require_room, show_restored, snapshot_size
from actions.systems.files.settings import FilesSettings
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


def target(ctx: ActionContext) -> Sequence[Identity]:
    """Return what tells the store from every other, and where its drill restores to."""
    return drill_identity(ctx, _beside)


def _beside(ctx: ActionContext) -> Sequence[Identity]:
    return [*identity(ctx), Identity(name="drill instance", value=_folder(find_store(ctx)), known="reported")]


@action("files.drill_left", target=target, params=PARAMS)
def drill_left(ctx: ActionContext, *, source: str = "", on: str = "") -> Outcome:
    """Tell whether a drill left its folder.

    Needs: its host.
    """

    def beside() -> Outcome:
        store = find_store(ctx)
        folder = _folder(store)
        return left_by_drill(folder, there=store.look_at(folder)["kind"] != "missing")

    return drill_leftover(ctx, source=source, on=on, beside=beside)


@action(
    "files.drill",
    probe="files.drill_left",
    resumable=True,
    touches=("drill instance",),
    target=target,
    params=PARAMS,
)
def drill(ctx: ActionContext, *, source: str = "", on: str = "") -> Outcome:
    """Restore the newest snapshot into a scratch folder, compare every file with it, and remove it.

    The store itself is read only for the time of its newest file. The folder (`….drill`) lies beside it, or in the
    inventory's `scratch_in`; restic works at the lowest priority there. How long it took and what would be lost is
    measured.

    Needs: room and inodes for the snapshot with some to spare; the repository and its password.

    Leaves: a note beside the snapshots of what came of it (`restored-<time>.json`).

    Killed half way: the folder is left, and the next drill removes it.
    """
    way = Way(restore=_restore, fit=_fit, owner=lambda settings: str(settings.run_as), require=_require)
    return drilled(ctx, way, source=source, on=on)


def _require(settings: FilesSettings, place: DrillPlace) -> None:
    """Refuse a drill from what lies off site whose repository nothing there opens.

    Raises:
        ActionFailed: its password, or what restic reaches it by, is not known to lie there.
    """
    if place.offsite and settings.drill.password is None:
        raise not_kept(f"the password of {place.system}", settings.password.file, _field(place, "password"))
    if not place.offsite or place.fetched:
        return
    if settings.credentials and not settings.drill.credentials:
        raise not_kept(f"the credentials of {settings.repository}", settings.credentials, _field(place, "credentials"))
    if settings.environment and not settings.drill.environment:
        raise not_kept(f"what restic reaches {settings.repository} by", "the host's own", _field(place, "environment"))


def _field(place: DrillPlace, name: str) -> str:
    return f"systems: {place.system}: drill: {name}"


def _fit(settings: FilesSettings, place: DrillPlace) -> FilesSettings:
    """Return the store's settings where the drill works."""
    drill = settings.drill
    environment = drill.environment if place.offsite else {**settings.environment, **drill.environment}
    return replace(
        settings,
        host=place.host,
        scratch_in=place.root,
        repository=place.repository if place.fetched else settings.repository,
        credentials=drill.credentials or ("" if place.offsite else settings.credentials),
        password=drill.password or settings.password,
        run_as=drill.run_as or settings.run_as,
        restic=f"{drill.bin_directory}/restic" if drill.bin_directory else settings.restic,
        python=drill_python(settings.python, settings, place),
        environment=environment,
    )


def _restore(ctx: ActionContext) -> Outcome:
    store = find_store(ctx)
    chosen = _newest(store)
    size, files = snapshot_size(store, chosen)
    folder = _folder(store)
    ctx.log(f"snapshot {chosen.label} of {chosen.time:%Y-%m-%d %H:%M:%S} UTC: {size:,} bytes, {files:,} entries")
    require_room(store, int(size * _ROOM), files, store.look_at(folder), f"at {folder}")
    if not ctx.effect(f"restore snapshot {chosen.label} into {folder}, compare every file, and remove it"):
        return Outcome(ok=True, summary=f"would restore snapshot {chosen.label}, compare it, and remove it again")
    now = newest_now(ctx, lambda real: _newest_file(find_store(real)))
    begun = time.monotonic()
    words = [folder, chosen.id, chosen.path, str(chosen.time.timestamp()), str(size)]
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
