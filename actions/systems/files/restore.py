"""``files.restore``: a snapshot is restored beside the store, proven there, and put in its place by rename.

The tree that was there is kept. Killed at any point it is run again: a tree that was restored whole is not restored
anew, and which tree was to go where is written down before the first rename.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from actions.action import action
from actions.backups.hold import is_held_for_us
from actions.backups.measured import say_last_restore
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cancelled, Finding, Outcome
from actions.systems.files.choice import candidates
from actions.systems.files.restic import Snapshot, by_hand, restic
from actions.systems.files.room import require_room, show_restored, snapshot_size
from actions.systems.files.settings import FilesSettings
from actions.systems.files.store import Store, find_store, identity, instant, last_words
from actions.systems.files.writers import kept_out, nobody_inside
from journal.wording.counting import count

_ROOM = 1.05
"""Of the size that a snapshot restores to; blocks that are not full take more."""
_UNREADABLE = 4
"""The status with which ``bring`` ends where the snapshot cannot be read to its end."""
_HALF_DONE = "What was restored so far lies beside the store, which is untouched. Run the step again: it goes on."


def _by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return the commands: restore beside it, compare, rename."""
    settings = known.settings(FilesSettings)
    at, host = settings.place(), settings.host
    into = f"{at}.restoring"
    bring = by_hand(settings, restic(settings, "restore", "SNAPSHOT", "--target", into, "--verify"))
    listed = by_hand(settings, restic(settings, "snapshots"))
    return [
        CommandLine(argv=listed, host=host, what="choose SNAPSHOT by its time, never 'latest'"),
        CommandLine(argv=bring, host=host, what="into a folder beside it"),
        CommandLine(argv=["mv", "-T", at, f"{at}.aside-{known.incident}"], host=host, what="keep what lies there"),
        CommandLine(
            argv=["mv", "-T", f"{into}{settings.paths()[-1]}", at], host=host, what="put what was restored in its place"
        ),
    ]


@action(
    "files.restore",
    destructive=True,
    probe="files.is_restored",
    resumable=True,
    gates=("recovery-point", "clean-point", "strategy"),
    live={"down": nobody_inside, "hold": is_held_for_us, "one-writer": kept_out},
    touches=("data directory", "repository", "hold"),
    undone_by="files.allow_writers",
    target=identity,
    by_hand=_by_hand,
    params={
        "latest": "the newest snapshot that the recovery point allows (as without parameters)",
        "snapshot": "this one, by its id",
    },
)
def restore(ctx: ActionContext, *, latest: bool = False, snapshot: str = "") -> Outcome:
    """Restore the file store from a snapshot.

    The newest sound snapshot before the recovery point is restored beside the store and compared there with what restic
    says of it; then it takes its place by renames.

    Needs: root on its host; writers kept out and nobody in it, backups held, a recovery point; room and inodes for it
    on the store's file system; the store is no mount point itself.

    Leaves: the restored tree in its place; the old one beside it (`….aside-…`), which nothing here removes; a record of
    what was done.

    Killed half way: the store is untouched, or between two renames that are written down. Run again it goes on, and
    what was restored whole is not restored anew.
    """
    store = find_store(ctx)
    seen = store.look()
    store.require_ours(seen, or_missing=True)
    if seen.get("is_mount"):
        raise ActionFailed(
            f"{store.place} is a mount point itself: nothing can be renamed to it.",
            "Keep the store in a folder on that file system, and name that folder in the inventory.",
        )
    say_last_restore(ctx)
    passed_over: list[str] = []
    for chosen in candidates(store, snapshot):
        try:
            brought = _bring(store, chosen, seen)
        except Cancelled as cancelled:
            raise Cancelled(_HALF_DONE) from cancelled
        if isinstance(brought, str):
            ctx.log(f"snapshot {chosen.label} cannot be restored: {brought}", "err")
            passed_over.append(chosen.label)
            continue
        return _put_in_place(store, chosen, passed_over)
    words = "Look for another copy of the repository, and name it in the inventory."
    tried = ", ".join(passed_over)
    raise ActionFailed(f"No snapshot of {store.name} can be read to its end: {tried} tried.", words)


def _bring(store: Store, chosen: Snapshot, seen: dict[str, Any]) -> bool | str:
    """Restore a snapshot beside the store; return False in a dry run, or why the snapshot cannot be restored."""
    into = _into(store, chosen)
    size, files = snapshot_size(store, chosen)
    store.ctx.log(f"snapshot {chosen.label} of {chosen.time:%Y-%m-%d %H:%M:%S} UTC: {size:,} bytes, {files:,} entries")
    if into not in seen["restoring"]:
        require_room(store, int(size * _ROOM), files, seen, f"beside {store.place}")
    if not store.ctx.effect(f"restore snapshot {chosen.id} into {into}, and compare every file there"):
        return False

    words = [into, chosen.id, chosen.path, str(chosen.time.timestamp()), str(size)]
    argv = store.program("bring", *words, *restic(store.settings))
    done = store.run(f"bring-{chosen.label}", argv, show_restored(store.ctx))
    if done.code == _UNREADABLE:
        return last_words(done)
    if done.code:
        raise ActionFailed(f"{store.name} cannot be restored: {last_words(done)}", left_behind=_HALF_DONE)
    return True


def _into(store: Store, chosen: Snapshot) -> str:
    return f"{store.place}.restoring-{chosen.label}"


def _put_in_place(store: Store, chosen: Snapshot, passed_over: list[str]) -> Outcome:
    into = _into(store, chosen)
    if not store.ctx.effect(f"keep what lies at {store.place}, and put what was restored in its place"):
        return Outcome(ok=True, summary=f"would restore snapshot {chosen.label} of {chosen.time:%Y-%m-%d %H:%M:%S} UTC")
    done = store.run("swap", store.program("swap", store.place, into, chosen.path, store.ctx.incident.id))
    if done.code:
        raise ActionFailed(f"The trees could not be swapped: {last_words(done)}", left_behind=_HALF_DONE)
    return _outcome(store, chosen, json.loads(done.out.strip().splitlines()[-1]), passed_over)


def _outcome(store: Store, chosen: Snapshot, record: dict[str, Any], passed_over: list[str]) -> Outcome:
    newest = instant(record["newest"])
    kept = record["aside"] if not record["drop"] else ""
    facts: dict[str, Any] = {"backup": chosen.label, "bytes": record["bytes"], "files": record["files"]}
    facts |= {"recovered_to": newest.isoformat()} if newest else {}
    facts |= {"aside": kept} if kept else {}
    findings = [_damaged(label) for label in passed_over]
    point = store.ctx.incident.recovery_point
    if newest and point and (own := point.of(store.name)) and own.instant and newest > own.instant:
        text = f"its newest file is of {newest:%H:%M:%S} UTC, after the recovery point: it was being taken then"
        findings.append(
            Finding(severity="warning", about=f"snapshot {chosen.label}", text=text, cure="Look at that file.")
        )
    old = f"; what was there is kept as {kept}" if kept else ""
    words = f"Snapshot {chosen.label} is restored to {store.place}: {count(record['files'], 'file')}{old}."
    return Outcome(ok=True, summary=words, facts=facts, findings=findings)


def _damaged(label: str) -> Finding:
    text = "cannot be read to its end: an older one was restored"
    return Finding(severity="warning", about=f"snapshot {label}", text=text, cure="Read all of them: backups.verify.")


@action("files.is_restored", target=identity)
def is_restored(ctx: ActionContext) -> Outcome:
    """Tell from which snapshot the store is, and what an unfinished restore left.

    Needs: its host.
    """
    store = find_store(ctx)
    seen = store.look()
    record = seen["restored"]
    begun = f" Unfinished: {', '.join(seen['restoring'])}." if seen["restoring"] else ""
    kept = f" Kept: {', '.join(seen['kept'])}." if seen["kept"] else ""
    if record and record["state"] == "restored":
        words = f"{store.name} is restored from snapshot {record['snapshot'][:8]}, for {record['incident']}"
        ok = record["incident"] == ctx.incident.id and seen["kind"] == "directory"
        return Outcome(ok=ok, summary=f"{words}.{begun}{kept}", facts={"backup": record["snapshot"][:8]})
    half = "a restore was interrupted between its two renames" if record else "it was not restored"
    return Outcome(ok=False, summary=f"{store.name}: {half}; {store.place} is {seen['kind']}.{begun}{kept}")
