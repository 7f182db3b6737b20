"""``files.stop_writers`` and ``files.allow_writers``: nobody but root enters the store's directory meanwhile.

That holds for every account but root on the store's host. A process that has a file open, or works in the tree,
is named: it is to be ended by hand. What writes as root, or from another machine (NFS), is not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.gate import Closed
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.files.settings import FilesSettings
from actions.systems.files.store import Store, find_store, identity, instant, last_words
from journal.events.measured import Measured

_UNSEEN = "what writes as root, or from another machine, is not kept out: stop it by hand"
_AS_ROOT = Cure(words="Have cleo reach the host as root; or stop the application by hand, and say so in a note.")


def _close_by_hand(known: ByHand) -> Sequence[CommandLine]:
    settings = known.settings(FilesSettings)
    note = CommandLine(argv=["stat", "-c", "%U:%G %a", settings.place()], host=settings.host, what="note what it says")
    close = ["sh", "-c", 'chown root:root "$1" && chmod 700 "$1"', "sh", settings.place()]
    return [note, CommandLine(argv=close, host=settings.host, what="nobody but root enters it then")]


def _open_by_hand(known: ByHand) -> Sequence[CommandLine]:
    settings = known.settings(FilesSettings)
    opening = ["sh", "-c", 'chown OWNER:GROUP "$1" && chmod MODE "$1"', "sh", settings.place()]
    return [CommandLine(argv=opening, host=settings.host, what="with owner, group and mode as noted before")]


@action("files.writers", target=identity)
def writers(ctx: ActionContext) -> Outcome:
    """Tell whether writers are kept out of the file store, and who is in it.

    Needs: root on its host, to see everybody's open files.
    """
    store = find_store(ctx)
    seen = store.look(writers=True)
    inside = _named(seen["writers"])
    words = "nobody but root may enter it" if seen["door"] else "writers may enter it"
    open_ = f"; at work in it: {', '.join(inside)}" if inside else ""
    return Outcome(
        ok=True, summary=f"{store.name}: {words}{open_}.", facts={"out": bool(seen["door"]), "inside": len(inside)}
    )


@action(
    "files.stop_writers",
    destructive=True,
    probe="files.writers",
    resumable=True,
    touches=("data directory",),
    undone_by="files.allow_writers",
    target=identity,
    by_hand=_close_by_hand,
)
def stop_writers(ctx: ActionContext) -> Outcome:
    """Keep the application out of the file store.

    Its top directory is given to root and closed, which is tried as its owner; who is at work in it is named, to be
    ended by hand. Root, and other machines (NFS), are not kept out. Reading ends, too.

    Needs: root on its host.

    Leaves: the directory root's, mode 0700, until files.allow_writers; owner and mode of before in a file beside it.

    Killed half way: owner and mode are written down first; run it again.
    """
    store = find_store(ctx)
    seen = store.look(walk_s=20)
    store.require_ours(seen, or_missing=True)
    if not ctx.effect(f"give {store.place} to root, and close it to all others"):
        return Outcome(ok=True, summary=f"would close {store.place}")
    done = store.run("close", store.program("door", "close", store.place, ctx.incident.id))
    if done.code:
        raise ActionFailed(f"{store.place} cannot be closed: {last_words(done)}", cures=[_AS_ROOT])
    return _closed(store, '"tried": "refused"' in done.out)


def _closed(store: Store, refused: bool) -> Outcome:
    """Look who is left inside, and what the last file is that was written."""
    seen = store.look(walk_s=60, writers=True)
    inside = _named(seen["writers"])
    if inside:
        raise ActionFailed(
            f"{store.place} is closed, and still at work in it: {', '.join(inside)}.",
            cures=[Cure(words=f"End by hand: {', '.join(inside)}; then run this again.", action="files.stop_writers")],
            left_behind="Nobody can enter it anew.",
        )
    newest = instant(seen.get("newest")) if seen.get("walked") else None
    tried = " (tried as its owner)" if refused else ""
    return Outcome(
        ok=True,
        summary=f"Nobody but root enters {store.place} of {store.name}{tried}, and no process is at work in it.",
        facts=Measured(newest_commit_at=newest, no_commit_after=newest).facts(),
        findings=[Finding(severity="note", about=store.name, text=_UNSEEN)],
    )


@action(
    "files.allow_writers",
    probe="files.writers",
    resumable=True,
    gates=("sound-data",),
    touches=("data directory",),
    target=identity,
    by_hand=_open_by_hand,
)
def allow_writers(ctx: ActionContext) -> Outcome:
    """Let the application into the file store again.

    Refused while something in the data is proven to be wrong.

    Needs: root on its host.

    Leaves: owner and mode as they were before.

    Killed half way: it is still closed, or open; run it again.
    """
    store = find_store(ctx)
    seen = store.look()
    store.require_ours(seen, or_missing=not seen["door"])
    if not seen["door"]:
        return Outcome(ok=True, summary=f"{store.name}: nobody was kept out.")
    if not ctx.effect(f"give {store.place} its owner and mode back"):
        return Outcome(ok=True, summary=f"would open {store.place}")
    done = store.run("open", store.program("door", "open", store.place))
    if done.code:
        raise ActionFailed(f"{store.place} cannot be opened: {last_words(done)}", "See what it says.")
    return Outcome(ok=True, summary=f"{store.name}: {store.place} has its owner and mode again.")


def kept_out(ctx: ActionContext) -> Closed | None:
    """A gate: nobody but root may enter the store."""
    if find_store(ctx).look()["door"]:
        return None
    return Closed("one-writer", "Writers are not kept out of it.", "reason and target", "files.stop_writers")


def nobody_inside(ctx: ActionContext) -> Closed | None:
    """A gate: no process has a file of the store open for writing: after a swap it would write into the old tree."""
    inside = _named(find_store(ctx).look(writers=True)["writers"])
    if not inside:
        return None
    return Closed("down", f"At work in it: {', '.join(inside)}: what they write is lost. End them by hand.")


def _named(found: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{each['program']} (pid {each['pid']}, {each['path']})" for each in found]
