"""Syncs, looks at and fetches from the second place, by programs on the host that has or reaches the repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from actions.backups.engine import BackupEngine, BackupList, CopiedOffsite, CopySource
from actions.backups.engines import engine_of
from actions.backups.heard import show_read
from actions.backups.marks import Mark
from actions.backups.offsite.drills import Drilled
from actions.backups.offsite.index import CopiedBackup
from actions.backups.offsite.look import Seen
from actions.backups.offsite.order import Order
from actions.backups.printed import json_objects
from actions.backups.programs import program_on
from actions.backups.storage.storage import Where
from actions.context import ActionContext
from actions.outcome import ActionFailed
from journal.errors import CleoError
from journal.structs import from_json, to_struct

_HOURS_S = 24 * 3600.0
_LOOK_S = 120.0
_ROOM = "actions.backups.offsite"


def is_copied(ctx: ActionContext, engine: BackupEngine) -> bool:
    """Whether the repository of the context's system is copied to the second place, file by file."""
    return isinstance(engine, CopiedOffsite) and engine.copy_source(ctx, ctx.system) is not None


def sync_offsite(ctx: ActionContext, *, reread: bool = False) -> Mapping[str, Any]:
    """Copy what the repository of the context's system has and the second place has not; return what was done.

    Args:
        ctx: the context.
        reread: read every file there, and copy anew what was changed there.

    Raises:
        ActionFailed: there is no second place, something is missing or damaged, or a place cannot be used.
    """
    source, order = _order(ctx)
    listed = _listed(ctx)
    order = replace(order, backups=_backups(listed), archived_until=listed.archived_until, full=reread)
    if not ctx.effect(f"copy {source.where.place} to {order.where.place}"):
        return {}
    return _run(ctx, source, "sync", order)


def look_offsite(
    ctx: ActionContext, *, full: bool = False, index_only: bool = False, within_s: float = _LOOK_S, copied_as: str = ""
) -> Seen:
    """Return what of the context's system is in the second place.

    Args:
        ctx: the context.
        full: read every file there; that takes as long as reading it takes, and must have been announced.
        index_only: read what the last sync wrote down, and not what is there.
        within_s: seconds for a look that is not full.
        copied_as: whose copies are meant, where they are another system's; they are looked at from the context's host.

    Raises:
        ActionFailed: there is no second place, or nobody can look.
    """
    source, order = _order(ctx, copied_as)
    order = replace(order, full=full, index_only=index_only)
    if full:
        return to_struct(_run(ctx, source, "look", order), Seen)
    argv = _argv(ctx, source, "look", order)
    done = ctx.query(source.host, argv, timeout_s=within_s, user=source.user)
    if done.code != 0:
        raise ActionFailed(" ".join(done.err.split()) or f"The look at {order.where.place} {done.ending}.")
    return from_json(done.out.strip().rpartition("\n")[2], Seen)


def read_offsite(ctx: ActionContext, name: str, *, copied_as: str = "") -> str:
    """Return the text of one small file of the second place; its digest is compared with what was copied.

    Args:
        ctx: the context.
        name: its name below the system's folder.
        copied_as: whose copies are meant, where they are another system's.

    Raises:
        ActionFailed: it is not there, or is not what was copied.
    """
    source, order = _order(ctx, copied_as)
    argv = _argv(ctx, source, "read", order, name)
    done = ctx.query(source.host, argv, timeout_s=_LOOK_S, user=source.user)
    if done.code != 0:
        raise ActionFailed(" ".join(done.err.split()) or f"The read of {name} in {order.where.place} {done.ending}.")
    return done.out


def fetch_offsite(ctx: ActionContext, backups: Sequence[str], folder: str, *, copied_as: str = "") -> Mapping[str, Any]:
    """Bring backups back from the second place; return what was done.

    Args:
        ctx: the context.
        backups: names below the system's folder that are wanted, such as a backup's id; none: all of it.
        folder: a folder to bring them to, on that host; empty: the repository of the context's system.
        copied_as: whose copies are meant, where they are another system's.

    Raises:
        ActionFailed: something there is damaged (exit status `PARTLY` among its facts: all else is here), something
            else is here, or a place cannot be used.
    """
    source, order = _order(ctx, copied_as)
    here = Where(place=folder) if folder else source.where
    order = replace(order, only=[f"{one.rstrip('/')}/" for one in backups], here=here)
    if not ctx.effect(
        f"bring {', '.join(backups) or 'everything'} back from {order.where.place} to {order.here.place}"
    ):
        return {}
    return _run(ctx, source, "fetch", order)


def note_offsite(ctx: ActionContext, label: str, mark: Mark) -> None:
    """Write down in the second place what a restore from there came to. A failure is said, no more.

    Args:
        ctx: the context.
        label: the backup that was restored.
        mark: what it came to.
    """
    try:
        source, order = _order(ctx)
        said = msgspec.json.encode(Drilled(label=label, mark=mark)).decode()
        _run(ctx, source, "drills", order, said)
    except CleoError as error:
        ctx.log(f"It is not written down in the second place what {label} came to: {error.message}", "err")


def reached_by(ctx: ActionContext) -> tuple[CopySource, Where]:
    """Return the host and the account by which the context's system reaches the second place, and where that is.

    Raises:
        ActionFailed: there is none, or nothing of the system is copied there.
    """
    source, order = _order(ctx)
    return source, order.where


def _order(ctx: ActionContext, copied_as: str = "") -> tuple[CopySource, Order]:
    """Return where the context's system has its repository, and what is always the same of an order."""
    offsite = ctx.inventory.offsite
    if offsite is None:
        raise ActionFailed("The inventory names no second place.", "Name it (offsite: place).")
    engine = _engine(ctx)
    source = engine.copy_source(ctx, ctx.system) if isinstance(engine, CopiedOffsite) else None
    if source is None:
        raise ActionFailed(
            f"The backups of {ctx.system} lie in no folder or bucket that could be copied.",
            "Let its own program keep them in a second place.",
        )
    where = Where(
        place=offsite.place,
        endpoint=offsite.endpoint,
        credentials=offsite.credentials,
        profile=offsite.profile,
        certificates=offsite.certificates,
    )
    order = Order(
        system=copied_as or ctx.system,
        type=ctx.inventory.systems[ctx.system].type,
        here=source.where,
        where=where,
        proof=source.proof,
        remembers=source.remembers,
        heads=source.heads,
        skip=source.skip,
        called_by_content=source.called_by_content,
        owner=source.owner,
    )
    return source, order


def _engine(ctx: ActionContext) -> BackupEngine:
    return engine_of(ctx.inventory, ctx.system)


def _listed(ctx: ActionContext) -> BackupList:
    """Return the backups that are to be copied.

    Raises:
        ActionFailed: they cannot be listed: the repository may have been emptied.
    """
    try:
        return _engine(ctx).list(ctx, ctx.system)
    except ActionFailed as error:
        words = f"If the repository was emptied, bring it back: cleo backup fetch --system {ctx.system}."
        raise ActionFailed(f"Nothing was copied: {error.message}", f"{error.hint} {words}".lstrip()) from error


def _backups(listed: BackupList) -> dict[str, CopiedBackup]:
    return {
        one.label: CopiedBackup(kind=one.kind, ended_at=one.ended_at, shows=one.shows, size=one.size)
        for one in listed.sets
    }


def _argv(ctx: ActionContext, source: CopySource, verb: str, order: Order, *more: str) -> list[str]:
    program = program_on(ctx, source.host, source.python, f"{_ROOM}.{verb}")
    return [*program, msgspec.json.encode(order).decode(), *more]


def _run(ctx: ActionContext, source: CopySource, verb: str, order: Order, *more: str) -> Mapping[str, Any]:
    """Run one of the programs to its end, and return the last object that it printed."""
    argv = _argv(ctx, source, verb, order, *more)
    shown = show_read(ctx, f"{verb} {order.where.place}")
    done = ctx.run(f"offsite-{verb}", source.host, argv, timeout_s=_HOURS_S, user=source.user, on_line=shown)
    if done.code != 0:
        words = " ".join(done.err.split())
        ended = f"The program that is at work with {order.where.place} ({verb}) {done.ending}."
        again = "" if words else "Find out what ended it; then run it again."
        raise ActionFailed(words or ended, again, facts={"exit": done.code})
    return json_objects(done.out)[-1]
