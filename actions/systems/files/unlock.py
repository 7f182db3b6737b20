"""``files.unlock``: remove locks that dead processes left on the repository."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.files.restic import Lock, restic
from actions.systems.files.store import Store, find_store, identity, last_words
from journal.wording.counting import count
from journal.wording.durations import rough_duration

STALE = timedelta(minutes=30)
"""A lock that is older is nobody's: restic renews its own every five minutes, and takes those for stale."""
UNLOCK = Cure(words="Remove the locks that dead processes left: restic unlock.", action="files.unlock")


@action(
    "files.unlock",
    script="restic unlock",
    probe="files.is_there",
    resumable=True,
    touches=("repository",),
    target=identity,
)
def unlock(ctx: ActionContext) -> Outcome:
    """Remove stale locks from the repository.

    Those of dead processes alone (`restic unlock`).

    Needs: the right to write to the repository.

    Leaves: the repository without them; no backup is touched.

    Killed half way: some may be left; run it again.
    """
    store = find_store(ctx)
    before = store.locks()
    if not before:
        return Outcome(ok=True, summary=f"The repository of {store.name} has no lock.")
    if not ctx.effect("restic unlock: remove the locks of dead processes, and no others"):
        return Outcome(ok=True, summary=f"would remove those that are stale of {count(len(before), 'lock')}")
    done = store.run("unlock", restic(store.settings, "unlock"))
    if done.code:
        raise ActionFailed(f"restic unlock failed: {last_words(done)}", "See what it says.")
    left = store.locks()
    words = f"{count(len(before) - len(left), 'lock was', 'locks were')} removed"
    return Outcome(ok=True, summary=f"{store.name}: {words}; {len(left)} stand, of processes that live.")


def stale_locks(store: Store) -> list[Finding]:
    """Return a finding for each lock that its process does not renew."""
    return [_said(lock) for lock in store.locks() if _is_stale(store, lock)]


def _is_stale(store: Store, lock: Lock) -> bool:
    if datetime.now(UTC) - lock.time > STALE:
        return True
    here = store.ctx.transport(store.settings.host).host_identity().get("hostname") == lock.hostname
    return here and store.query(["test", "-d", f"/proc/{lock.pid}"], 10).code == 1


def _said(lock: Lock) -> Finding:
    age = rough_duration((datetime.now(UTC) - lock.time).total_seconds())
    what = "nobody can take a snapshot" if lock.exclusive else "old snapshots cannot be removed"
    text = f"a lock of {lock.hostname}, process {lock.pid}, which is gone, stands for {age}: {what}"
    return Finding(severity="warning", about="repository", text=text, cure=UNLOCK.words)
