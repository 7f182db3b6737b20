"""What a cold standby of a file store needs: restic, the password that opens the copies, and an empty place.

A store has no server that would write by itself: it is fenced where its host is cut off, where nobody but root enters
it, or where nothing of it is left.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from actions.cold_standby.standby import NOTHING, ColdWay, CopiedThere
from actions.context import ActionContext
from actions.failover.host_fenced import host_is_fenced, ways_to_fence
from actions.failover.standing import UNSEEN
from actions.gate import Closed
from actions.outcome import ActionFailed
from actions.systems.files.restic import list_snapshots, restic, snapshots_of
from actions.systems.files.settings import FilesSettings
from actions.systems.files.store import Store, find_store, last_words, what_is_lost
from actions.transport import Completed

_READABLE = '[ -s "$1" ] && [ -r "$1" ]'
_ASK_S, _LIST_S = 30.0, 120.0
_AMAZON = "https://s3.amazonaws.com"


def old_one_fenced(ctx: ActionContext) -> Closed | None:
    """A gate: nobody uploads to the lost store any more, also once its site is back."""
    store = find_store(ctx)
    host = store.settings.host
    if said := host_is_fenced(ctx, host):
        ctx.log(f"{store.name} is fenced with its host {host}: {said}.")
        return None
    try:
        seen = store.look(timeout_s=_ASK_S)
    except (*UNSEEN, ActionFailed) as error:
        return Closed("fenced", _unseen(store, error.message), "reason and target")
    if lost := what_is_lost(seen):
        ctx.log(f"{store.name} is fenced: {store.place} on {host} is {lost}, so nobody uploads to it.")
        return None
    if seen["door"]:
        ctx.log(f"{store.name} is fenced: nobody but root enters {store.place} on {host}.")
        return None
    message = f"{store.place} of {store.name} is there on {host}, and whoever uploads to it may enter."
    return Closed("fenced", message, "never", opens="files.stop_writers")


def require_prepared(ctx: ActionContext) -> None:
    """Refuse a host on which the normal restore would not go to its end.

    Raises:
        ActionFailed: restic, our programs or the password are not there, or its file system is not mounted.
    """
    store = find_store(ctx)
    host, settings = store.settings.host, store.settings
    store.require_ours(store.look(timeout_s=_ASK_S), or_missing=True)
    done = store.query([settings.restic, "version"], _ASK_S)
    if done.code:
        raise ActionFailed(
            f"{host} has no restic that can be started: {last_words(done)}",
            "Install it there (restic: of the standby).",
            left_behind=NOTHING,
        )
    if store.query(["sh", "-c", _READABLE, "sh", settings.password.file], _ASK_S).code:
        raise ActionFailed(
            f"{settings.password.file} on {host}, which is to open the copies of {store.name}, is not there, is empty, "
            "or cannot be read.",
            "Bring restic's password there from where it is kept off site (password: of the standby).",
            left_behind=NOTHING,
        )


def require_fitting(ctx: ActionContext, copied: CopiedThere) -> None:
    """Refuse copies that the standby's password does not open; restic reads them where they lie.

    Raises:
        ActionFailed: it does not open them, or no whole snapshot of the store is among them.
    """
    there = _where_they_lie(ctx, copied.system)
    done = _ask(ctx, there, restic(there, "cat", "config", "--no-lock"))
    if done.code:
        raise ActionFailed(
            f"The copies in {there.repository} are not opened by {there.password.file} on {there.host}: "
            f"{last_words(done)}",
            "Bring the password of the lost store there, from where it is kept off site; then run it again.",
            left_behind=NOTHING,
        )
    listed = _ask(ctx, there, list_snapshots(there))
    found = snapshots_of(listed.out, there) if not listed.code else []
    if not any(not one.unusable for one in found):
        raise ActionFailed(
            f"No whole snapshot of {' or '.join(there.paths())}, filed under {there.snapshot_host}, is among the "
            "copies.",
            "Correct the inventory of the lost store (snapshot_host, tag, directory).",
            left_behind=NOTHING,
        )
    if there.snapshot_path:
        ctx.log(
            f"The copies are of {there.snapshot_path}, and {ctx.system} lies at {there.place()}: when the inventory is "
            f"changed, write `snapshot_path: {there.snapshot_path}` there, too.",
            "err",
        )


def _where_they_lie(ctx: ActionContext, system: str) -> FilesSettings:
    """Return the standby's settings with the copies in the second place for its repository."""
    settings, offsite = find_store(ctx).settings, ctx.inventory.offsite
    if offsite is None:
        raise ActionFailed("The inventory names no second place.", "Name it (offsite: place).", left_behind=NOTHING)
    place = f"{offsite.place.rstrip('/')}/{system}"
    if place.startswith("s3://"):
        place = f"s3:{(offsite.endpoint or _AMAZON).rstrip('/')}/{place.removeprefix('s3://')}"
    return replace(
        settings,
        repository=place,
        credentials=offsite.credentials,
        profile=offsite.profile,
        certificates=offsite.certificates,
    )


def _ask(ctx: ActionContext, there: FilesSettings, argv: Sequence[str]) -> Completed:
    return ctx.query(there.host, argv, timeout_s=_LIST_S, user=there.run_as, env=there.variables())


def _unseen(store: Store, why: str) -> str:
    ways = " or ".join(ways_to_fence(store.ctx, store.settings.host))
    cut = f"Cut it off: {ways}." if ways else "Have it powered off, or cut off, by somebody who can prove it."
    return (
        f"{store.settings.host} cannot be looked at ({why}): unreachable is not dead. Once its site is back, uploads "
        f"would go to the old store, which nobody reads. {cut}"
    )


COLD = ColdWay(fenced=old_one_fenced, require=require_prepared, fits=require_fitting)
