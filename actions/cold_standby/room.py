"""Whether a cold standby's host can take what is fetched: nothing else lives there, and there is room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import msgspec

from actions.backups.engine import CopiedOffsite, CopySource
from actions.backups.engines import engine_of
from actions.cold_standby.standby import NOTHING
from actions.context import ActionContext
from actions.gate import decide
from actions.kept_record import keep_record, load_record
from actions.machine.directories import inspect_directories, used
from actions.machine.listener import ServerKind, look
from actions.machine.machine import Machine, last_words
from actions.machine.room import SpaceNeed, require_room
from actions.outcome import ActionFailed, Cure, GateClosed

OCCUPIED = "occupied"
_NOBODY = ServerKind("no-server-is-called-so")
_FIRST = r"""
for place do
    [ -e "$place" ] || { echo; continue; }
    if [ -d "$place" ]; then
        found=$(find "$place" -mindepth 1 -maxdepth 1 -print -quit) || exit 1
        echo "$found"
    else
        echo "$place"
    fi
done
"""
"""Prints a line for each place: the first thing that is in it; empty where nothing is."""


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """That this incident began to fetch to a standby: what lies in its repository since then is its own.

    Attributes:
        standby: whose repository; ``host``: on which host, ``machine``: that machine's id.
        repository: where it lies there.
    """

    standby: str
    host: str
    machine: str
    repository: str

    @classmethod
    def of(cls, folder: Path, standby: str) -> Self | None:
        """Return what is written down of a standby; None where nothing is.

        Raises:
            ActionFailed: it cannot be read.
        """
        return load_record(_path(folder, standby), cls, hint="Move it away, then look what lies in the repository.")

    def keep(self, folder: Path) -> None:
        """Write it down.

        Raises:
            ActionFailed: the disk does not take it; nothing was changed.
        """
        keep_record(_path(folder, self.standby), self, left_behind=NOTHING)


def repository_of(ctx: ActionContext) -> CopySource:
    """Return where the standby's own repository is, to which its primary's copies are fetched.

    Args:
        ctx: the context that is aimed at the standby.

    Raises:
        ActionFailed: it has none that can be fetched to.
    """
    engine = engine_of(ctx.inventory, ctx.system)
    source = engine.copy_source(ctx, ctx.system) if isinstance(engine, CopiedOffsite) else None
    if source is None:
        raise ActionFailed(
            f"{ctx.system} has no repository to which copies could be fetched.",
            f"Name its folder in the inventory, and the Python with Cleo's modules on its host (systems: {ctx.system}: "
            "backups: repository, python).",
            left_behind=NOTHING,
        )
    return source


def begun_here(ctx: ActionContext) -> Begun:
    """Return what would be written down of the context's standby, with the id of the machine that answers now."""
    settings = ctx.inventory.systems[ctx.system]
    machine = ctx.transport(settings.host).host_identity().get("machine_id", "")
    return Begun(standby=ctx.system, host=settings.host, machine=machine, repository=repository_of(ctx).where.place)


def require_free(ctx: ActionContext, now: Begun) -> bool:
    """Stop where something else lives at the standby's place; what this incident fetched there is its own.

    Args:
        ctx: the context that is aimed at the standby.
        now: what would be written down of it.

    Returns:
        whether nothing else was seen there; else somebody decided that it may go.

    Raises:
        GateClosed: something lies or listens there, and nobody decided that it may go.
        ActionFailed: nobody can tell.
    """
    before = Begun.of(ctx.files, ctx.system)
    if before and before != now:
        raise ActionFailed(
            f"This incident began to fetch to {before.repository} on {before.host} (machine {before.machine}); now "
            f"{ctx.system} leads to {now.repository} on {now.host} (machine {now.machine}).",
            "Find out which of them is meant; an address may have changed hands. Then correct the inventory.",
            left_behind=NOTHING,
        )
    found = list(_occupied(ctx, now, ours=before is not None))
    if not found:
        ctx.log(f"Nothing else lives at {ctx.system}'s place on {now.host} (machine {now.machine or 'unknown'}).")
        return True
    words = "; ".join(found)
    closed = GateClosed(
        OCCUPIED,
        f"{now.host} is not empty: {words}.",
        yields="reason and target",
        cures=[
            Cure(words="Find out whose it is; move it away, or name another host in the inventory."),
            Cure(
                words="Or go on: what is fetched replaces nothing; the restore keeps the data that it finds.",
                override=OCCUPIED,
                cost="a backup that is not this system's may be taken for one",
            ),
        ],
    )
    decide(ctx, closed, f"Goes on though {words}")
    return False


def _occupied(ctx: ActionContext, now: Begun, *, ours: bool) -> Iterator[str]:
    """Yield what lives at the standby's place."""
    settings = ctx.inventory.systems[ctx.system]
    machine = Machine(ctx, settings.host)
    places = {"its data directory": settings.place()}
    if not ours and now.repository.startswith("/"):
        places["its repository"] = now.repository
    places = {what: place for what, place in places.items() if place}
    done = machine.query(["sh", "-c", _FIRST, "sh", *places.values()])
    if done.code:
        raise ActionFailed(f"It cannot be told what lies on {now.host}: {last_words(done)}", left_behind=NOTHING)
    for (what, place), first in zip(places.items(), done.out.splitlines(), strict=True):
        if first:
            yield f"{what} {place} has something in it ({first.rpartition('/')[2]})"
    port = int(getattr(settings, "port", 0))
    if port and look(machine.query, settings.place() or "/", _NOBODY, port=port).taken:
        yield f"somebody listens on its port {port}"


def require_both(ctx: ActionContext, now: Begun, size: int, restored: int) -> None:
    """Stop where copies and restored data do not fit. What this incident fetched already takes no more room.

    Args:
        ctx: the context that is aimed at the standby.
        now: where the copies go.
        size: bytes of all copies.
        restored: bytes of what is restored of them, unless somebody decides otherwise.

    Raises:
        GateClosed: there is no room, and nobody decided to try.
    """
    settings = ctx.inventory.systems[ctx.system]
    machine = Machine(ctx, settings.host)
    needs = []
    if now.repository.startswith("/"):
        here = used(machine, now.repository) if Begun.of(ctx.files, ctx.system) else 0
        needs.append(SpaceNeed(inspect_directories(machine, now.repository)[0], max(0, size - here), "the copies"))
    if settings.place() and restored:
        needs.append(SpaceNeed(inspect_directories(machine, settings.place())[0], restored, "the restored data"))
    require_room(machine, needs)
    for need in needs:
        ctx.log(f"Room for {need.what}: {need.directory}.")
    if settings.place() and not restored:
        ctx.log("How much the restored data takes is not known before the copies are here: the restore looks.")


def _path(folder: Path, standby: str) -> Path:
    return folder / f"cold-{standby}.json"
