"""``files.is_there`` and ``files.start``: a file store has no server; to start it is to mount its file system."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Outcome
from actions.systems.files.store import RESTORE, find_store, identity, last_words, what_is_lost
from journal.wording.counting import count


@action("files.is_there", target=identity)
def is_there(ctx: ActionContext) -> Outcome:
    """Tell whether the file store is there, and mounted.

    Needs: its host.
    """
    store = find_store(ctx)
    seen = store.look(walk_s=10)
    there = seen["mounted"] and not what_is_lost(seen)
    files = f", {count(seen['files'], 'file')}{'' if seen['walked'] else ' and more'}" if there else ""
    mounted = "" if seen["mounted"] else f"; {store.settings.mount} is not mounted"
    words = f"{store.name}: {store.place} is {what_is_lost(seen) or 'there'}{files}{mounted}."
    return Outcome(ok=there, summary=words, facts={"there": there})


@action(
    "files.start",
    script="mount",
    probe="files.is_there",
    resumable=True,
    touches=("data directory",),
    target=identity,
)
def start(ctx: ActionContext) -> Outcome:
    """Mount the file store's file system.

    As fstab has it; then it is looked whether the right tree lies there (`marker`).

    Needs: `mount` in the inventory, its line in fstab, and the right to mount.

    Leaves: it mounted. Where none is named, nothing is done.

    Killed half way: it is mounted or it is not; run it again.
    """
    store = find_store(ctx)
    seen = store.look()
    mount = store.settings.mount
    if not seen["mounted"]:
        if not ctx.effect(f"mount {mount}, as fstab has it"):
            return Outcome(ok=True, summary=f"would mount {mount} for {store.name}")
        done = store.run("mount", ["mount", mount])
        if done.code:
            raise ActionFailed(f"{mount} cannot be mounted: {last_words(done)}", "Mend its disk, or its line in fstab.")
        seen = store.look()
    store.require_ours(seen, or_missing=True)
    if lost := what_is_lost(seen):
        raise ActionFailed(f"{store.name}: {store.place} is {lost}; mounting does not bring it.", cures=[RESTORE])
    return Outcome(ok=True, summary=f"{store.name} is there: {store.place}{f' on {mount}' if mount else ''}.")
