"""Takes one backup of one system, or copies them to the second place, unless held or at work already."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO

import msgspec

from actions.backups.engine import BackupEngine, Expiring
from actions.backups.engines import engine_of
from actions.backups.holding import Hold
from actions.backups.offsite.acting import is_copied, sync_offsite
from actions.backups.offsite.holding import held_offsite
from actions.backups.unattended.context import UnattendedContext
from actions.backups.unattended.lock import Holder, LockHeld, RunLock, locked
from actions.backups.unattended.recovery_in_progress import DATA, REPOSITORY, recovery_in_progress
from actions.inventory import Inventory
from actions.outcome import Cancelled
from actions.transport import State
from journal.errors import CleoError
from journal.wording.counting import count

Status = Literal["ok", "failed", "held", "recovering", "running", "left out"]
OFFSITE = "offsite-sync"

_OUTPUT = "Its output says why (o)"
"""Where an error sends people in the console; here what was printed is in a file."""

_KINDS = {
    "incremental": ("incremental", "incr", "diff", "snapshot", "full"),
    "full": ("full",),
    "snapshot": ("snapshot",),
}
"""The kinds of an engine that serve for what is asked for, the best first. One that has none of them is left out."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one backup.

    Attributes:
        system: the system.
        status: ``ok``: there is a new backup; ``held``: an incident holds the backups; ``recovering``: one is at work
            at the system; ``running``: another one is being taken; ``failed``: there is none; ``left out``: it has none
            of what is wanted; ``words`` say why.
        words: what a person reads.
        label: the new backup's; empty: there is none.
        size: what it holds, or what was copied, in bytes.
        seconds: how long it took.
    """

    system: str
    status: Status
    words: str = ""
    label: str = ""
    size: int = 0
    seconds: float = 0.0


def run_backup(
    inventory: Inventory,
    system: str,
    wanted: str,
    folder: Path,
    *,
    locks: Path,
    reread: bool = False,
    on_context: Callable[[UnattendedContext], None] = lambda ctx: None,
) -> Ended:
    """Take a backup, and return what became of it. What is printed meanwhile is kept in ``last.log`` of ``folder``.

    Args:
        inventory: the environment.
        system: the system.
        wanted: ``incremental``, ``full`` or ``snapshot``; an engine without it takes the nearest that it has.
            ``offsite-sync``: copy what there is to the second place; a backup may be taken meanwhile.
        folder: the folder of this system's unattended backups on this machine: lock, spools, last log.
        locks: the folder in which this machine's incidents say what they work on.
        reread: of a sync: read every file of the second place.
        on_context: is given the context before anything is begun, to be able to stop it.
    """
    begun = time.monotonic()
    folder = folder / "offsite" if wanted == OFFSITE else folder
    try:
        with locked(folder, f"backup run, {wanted}") as lock, (folder / "last.log").open("w", encoding="utf-8") as log:
            ctx = UnattendedContext(
                inventory,
                system,
                folder,
                by="cleo-backup-run",
                dry_run=False,
                say=_into(log),
                on_start=lock.note,
            )
            on_context(ctx)
            ended = _guarded(ctx, lock, wanted, locks, reread=reread)
    except LockHeld as error:
        return Ended(system=system, status="running", words=error.message)
    except Cancelled as error:
        return Ended(system=system, status="failed", words=f"it was ended: {error}")
    except CleoError as error:
        said = str(error).replace("\n ", "").replace(_OUTPUT, f"{folder / 'last.log'} says why")
        return Ended(system=system, status="failed", words=said)
    except OSError as error:
        return Ended(system=system, status="failed", words=f"{error.filename or folder}: {error.strerror}")
    return msgspec.structs.replace(ended, seconds=round(time.monotonic() - begun, 1))


def _guarded(ctx: UnattendedContext, lock: RunLock, wanted: str, locks: Path, *, reread: bool) -> Ended:
    """Do what is wanted; what an engine raises by mistake takes no other system down, and is in the log."""
    try:
        return _do(ctx, lock, wanted, locks, reread=reread)
    except (CleoError, Cancelled, OSError):
        raise
    except Exception as error:  # noqa: BLE001  # an engine's bug is its failure, with the traceback in its log
        ctx.log(traceback.format_exc(), "err")
        words = f"{type(error).__name__}: {error} (a fault of the program; the log has where)"
        return Ended(system=ctx.system, status="failed", words=ctx.without_secrets(words))


def _into(log: TextIO) -> Callable[[str, str], None]:
    """Return what writes lines into a log as they come."""

    def say(text: str, stream: str) -> None:
        log.write(f"{datetime.now(UTC):%H:%M:%S} {text}\n")
        log.flush()

    return say


def _do(ctx: UnattendedContext, lock: RunLock, wanted: str, locks: Path, *, reread: bool) -> Ended:
    """Do what is wanted, under the lock."""
    system = ctx.system
    if lock.left and (alive := _still_runs(ctx, lock.left)):
        return Ended(system=system, status="running", words=alive)
    lock.take()
    engine = engine_of(ctx.inventory, system)
    if wanted == OFFSITE and not is_copied(ctx, engine):
        return Ended(
            system=system, status="left out", words="its repository is no folder or bucket that could be copied"
        )
    if holders := _holders(engine.read_hold(ctx, system)):
        return Ended(system=system, status="held", words=f"backups are held for {', '.join(holders)}")
    try:
        away, unseen = held_offsite(ctx, engine), ""
    except CleoError as error:
        away, unseen = [], f"nobody can see whether they are held in the second place: {error.message}"
    if away:
        return Ended(system=system, status="held", words=f"backups are held in the second place for {', '.join(away)}")
    uses = (REPOSITORY,) if wanted == OFFSITE else (DATA, REPOSITORY)
    if why := recovery_in_progress(locks, ctx, engine, uses):
        return Ended(system=system, status="recovering", words=why)
    return _sync(ctx, reread=reread) if wanted == OFFSITE else _back_up(ctx, engine, wanted, locks, unseen)


def _sync(ctx: UnattendedContext, *, reread: bool) -> Ended:
    did = sync_offsite(ctx, reread=reread)
    mended = f", {did['mended']} of them anew" if did["mended"] else ""
    words = (
        f"{count(did['copied'], 'file')} copied{mended}, {did['kept']} were there; {count(did['backups'], 'backup')}"
    )
    lost = f"; {did['lost']}, and was copied anew: look who emptied it" if did.get("lost") else ""
    return Ended(system=ctx.system, status="ok", words=words + lost, size=did["bytes"])


def _back_up(ctx: UnattendedContext, engine: BackupEngine, wanted: str, locks: Path, unseen: str) -> Ended:
    system = ctx.system
    kind = next((kind for kind in _KINDS[wanted] if kind in engine.kinds), "")
    if not kind:
        return Ended(system=system, status="left out", words=f"it has no {wanted} backups")
    taken = engine.take(ctx, system, kind, {})
    if taken.set is None:
        return Ended(system=system, status="failed", words="the engine took none")
    if taken.set.unusable:
        words = f"backup {taken.set.label} {taken.set.unusable}: it is not restored from"
        return Ended(system=system, status="failed", words=words)
    said = [str(finding) for finding in taken.findings]
    words = "; ".join([f"{kind}{taken.where}", *said, *_expire(ctx, engine, locks, unseen)])
    return Ended(system=system, status="ok", words=words, label=taken.set.label, size=taken.set.size)


def _expire(ctx: UnattendedContext, engine: BackupEngine, locks: Path, unseen: str) -> list[str]:
    """Remove what has expired now that there is a new backup; return what is said of it.

    Nothing is removed where an incident began to recover the system meanwhile: it may be restoring from what is old;
    nor where nobody can see whether one holds them (``unseen``: why).
    """
    if not isinstance(engine, Expiring):
        return []
    if unseen:
        return [f"nothing expired: {unseen}"]
    try:
        if why := recovery_in_progress(locks, ctx, engine, (DATA, REPOSITORY)):
            return [f"nothing expired: {why}"]
        gone = engine.expire(ctx, ctx.system)
    except CleoError as error:
        return [error.message]
    return [f"{count(len(gone), 'older one')} expired"] if gone else []


def _holders(found: Hold) -> Sequence[str]:
    """Return for whom the backups are held; a hold that stands for nobody who is named holds all the same."""
    return found.holders or (["somebody"] if any(part.stands for part in found.parts) else [])


def _still_runs(ctx: UnattendedContext, left: Holder) -> str:
    """Return what a holder that died left running, in words; empty: nothing of it runs any more.

    Raises:
        CleoError: nobody can look.
    """
    for program in left.programs:
        status = ctx.transport(program.host).attach(program.spool).status()
        if status.state is State.RUNNING or status.alive or status.group_alive:
            who = left.words(datetime.now(UTC))
            return f"{program.program} still runs on {program.host}; what started it died ({who})"
    for program in left.programs:
        ctx.remove_spool(program)
    return ""


def worst_status(ended: Collection[Ended]) -> int:
    """Return the exit status of a command for what became of its backups; see `docs/backups.md`."""
    statuses = {one.status for one in ended if one.status != "left out"}
    if not statuses:
        return 1
    if statuses <= {"ok"}:
        return 0
    if "ok" in statuses:
        return 5
    if "failed" in statuses:
        return 1
    if "recovering" in statuses:
        return 6
    return 3 if "held" in statuses else 4
