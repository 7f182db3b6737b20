"""``cold_standby.activate``: another host gets the copies of the second place, and takes a lost one's place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import msgspec

from actions.action import action
from actions.backups.engines import engine_of
from actions.backups.measured import offsite_time
from actions.backups.offsite.acting import fetch_offsite, look_offsite, read_offsite
from actions.backups.offsite.fetch import PARTLY
from actions.backups.offsite.index import restored_size
from actions.backups.offsite.kept import place_words, require_copies, require_kept
from actions.backups.offsite.look import Seen
from actions.backups.offsite.standby import at_standby
from actions.cold_standby.by_hand import by_hand
from actions.cold_standby.room import Begun, begun_here, repository_of, require_both, require_free
from actions.cold_standby.standby import ACTIVATE, CopiedThere, standby_name, way_of
from actions.context import ActionContext
from actions.failover.promotion_record import PromotionRecord, still_names, whose_place
from actions.gate import Closed
from actions.outcome import ActionFailed, Finding, Outcome, Settling
from journal.events.types import Identity
from journal.wording.counting import count
from journal.wording.durations import exact_duration, rough_duration
from journal.wording.instants import utc
from journal.wording.sizes import size_words


def old_one_fenced(ctx: ActionContext) -> Closed | None:
    """A gate: the lost system is proven not to write when its site comes back. Once one took its place it is past."""
    return None if whose_place(ctx.files, ctx.system) else way_of(ctx).fenced(ctx)


def standby_identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return the identity of the host that would take the lost one's place, as that host tells it itself."""
    name = standby_name(ctx, str(ctx.params.get("standby") or ""))
    at = at_standby(ctx, name)
    settings = at.inventory.systems[name]
    host = ctx.transport(settings.host).host_identity()
    known = host.get("hostname", "") or settings.host
    return [
        Identity(name="confirm", value=f"{name}@{known}", known="reported"),
        Identity(name="host", value=known, known="reported"),
        Identity(name="machine id", value=host.get("machine_id") or "unknown", known="reported"),
        Identity(name="data directory", value=settings.place(), known="reported"),
        Identity(name="repository", value=repository_of(at).where.place, known="reported"),
    ]


@action(
    ACTIVATE,
    destructive=True,
    probe="cold_standby.is_activated",
    resumable=True,
    gates=("recovery-point", "strategy"),
    live={"fenced": old_one_fenced},
    touches=("data directory", "repository"),
    target=standby_identity,
    params={"standby": "the inventory's name of the cold standby, where it has several"},
    by_hand=by_hand,
)
def activate(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Activate the cold standby of a lost system.

    Brings everything that was copied of the system from the second place into the standby's own repository, each file
    compared by its SHA-256, holds it there, and has the standby play the lost one's part from then on: the plan's next
    steps restore, start, verify and serve there. Which backup is restored, the recovery point decides, as anywhere.
    Says before what is there, how large, until when, and what is missing of what was written last.

    Needs: a system of the inventory with `cold: true` on a host of another site, with programs, account and
    configuration; nothing else in its data directory, its repository or on its port; room for copies and restored
    data; `offsite:` with credentials that are kept off site; the lost system fenced, and proven to be so now.

    Leaves: the copies in the standby's repository, held until backups.release; nothing restored yet. The inventory's
    file still names the lost one: change it before the incident is closed.

    Killed half way: what is whole stays, and is not fetched again; the lost one still plays its part. Run it again.
    """
    name = standby_name(ctx, standby)
    if old := whose_place(ctx.files, ctx.system):
        return Outcome(
            ok=True,
            summary=f"{name} took the place of {old} in this incident already.",
            facts={"took_over": {"system": name, "of": old}},
        )
    way, at = way_of(ctx), at_standby(ctx, name)
    way.require(at)
    require_kept(at)
    now = begun_here(at)
    seen, found = _look(ctx, at, now)
    free = require_free(at, now)
    host = at.inventory.systems[name].host
    if not ctx.effect(f"fetch {size_words(seen.bytes)} from {place_words(at)} to {now.repository} on {host}"):
        ctx.effect(f"have {name} on {host} play the part of {ctx.system}, and hold what was fetched")
        return Outcome(ok=True, summary=f"would fetch the copies of {ctx.system} to {host}, for {name}", findings=found)
    now.keep(ctx.files)
    did, damaged = _fetch(ctx, at)
    found += damaged
    if not ctx.effect(f"have {name} on {host} play the part of {ctx.system}"):
        return Outcome(ok=True, summary=f"would have {name} take the place of {ctx.system}", findings=found)
    _hold(at)
    PromotionRecord(standby=name).keep(ctx.files, ctx.system)
    settles = _nothing_to_stop(ctx, name) if free else []
    return msgspec.structs.replace(_outcome(ctx, name, did, seen, found), settles=settles)


@action(
    "cold_standby.is_activated",
    target=standby_identity,
    params={"standby": "the inventory's name of the cold standby, where it has several"},
)
def is_activated(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Tell what an activation of a cold standby left.

    Needs: the standby's host.
    """
    name = standby_name(ctx, standby)
    if old := whose_place(ctx.files, ctx.system):
        return Outcome(ok=True, summary=f"{name} took the place of {old} in this incident.", facts={"activated": True})
    at = at_standby(ctx, name)
    begun = Begun.of(ctx.files, name)
    place = repository_of(at).where.place
    words = f"began to fetch to {place} on {begun.host}" if begun else "fetched nothing"
    if begun and PromotionRecord.of(ctx.files, ctx.system):
        words = f"fetched all to {place} on {begun.host}, and {name} was about to take it: run it again"
    return Outcome(ok=False, summary=f"{ctx.system} still has its part; this incident {words}.", facts={})


class _Copies(NamedTuple):
    """What is in the second place that can be restored: the newest whole backup, and what else leads further.

    Attributes:
        newest: that backup's label.
        until: what was written by then is there.
        log: whether that is told by the log beside the backups, and not by the backup itself.
    """

    newest: str
    until: datetime
    log: bool


def _look(ctx: ActionContext, at: ActionContext, now: Begun) -> tuple[Seen, list[Finding]]:
    """Say what is in the second place, how long it takes, and what it lacks; stop where it cannot be used."""
    seen = look_offsite(at, copied_as=ctx.system)
    whole = {label: one for label, one in seen.backups.items() if label not in seen.broken}
    require_copies(ctx, seen, list(whole) or list(seen.backups))
    newest = max(whole, key=lambda label: whole[label].ended_at)
    until = max(filter(None, (whole[newest].shows, seen.archived_until)))
    read = partial(read_offsite, at, copied_as=ctx.system)
    way_of(ctx).fits(at, CopiedThere(system=ctx.system, newest=newest, read=read))
    require_both(at, now, seen.bytes, restored_size(seen.backups, newest))
    log = until == seen.archived_until and until != whole[newest].shows
    ctx.log(
        f"In {place_words(at)}: {count(len(whole), 'whole backup')} of {ctx.system}, the newest {newest} (ended "
        f"{utc(whole[newest].ended_at)}); {seen.files:,} files, {size_words(seen.bytes)}; it was copied last "
        f"{utc(seen.began_at)}."
    )
    took = offsite_time(seen)
    ctx.log(f"How long fetch and restore take: {took}." if took else "How long fetch and restore take: never measured.")
    found = [_lost(ctx, _Copies(newest, until, log))]
    found += [
        Finding(severity="warning", about=label, text=f"in the second place {why}", cure="An older one is restored.")
        for label, why in seen.broken.items()
    ]
    for one in found:
        ctx.log(f"{one.about}: {one.text}", "err")
    return seen, found


def _lost(ctx: ActionContext, copies: _Copies) -> Finding:
    """Return what is lost with the site, as a bound: nobody can ask it what it took last."""
    known = ctx.incident.newest_known.get(ctx.system)
    after = ", and the log after it" if copies.log else ""
    text = f"what is copied holds everything until {utc(copies.until)} ({copies.newest}{after})"
    if known is None:
        text += "; nobody knows its newest write: what came after that is lost"
    elif known > copies.until:
        gap = rough_duration((known - copies.until).total_seconds())
        text += f"; its newest write that is known is of {utc(known)}: at least {gap} are lost"
    else:
        text += "; no later write is known; what may have come after that is lost"
    return Finding(severity="warning", about=ctx.system, text=text, cure="Nothing brings that back: tell its users.")


def _fetch(ctx: ActionContext, at: ActionContext) -> tuple[dict[str, Any], list[Finding]]:
    """Fetch all of it; return what was done, and what is damaged there, without which it goes on."""
    try:
        return dict(fetch_offsite(at, [], "", copied_as=ctx.system)), []
    except ActionFailed as error:
        if error.facts.get("exit") != PARTLY:
            raise
        cure = "A restore takes the newest backup that is whole, and says what it passed over."
        return {}, [Finding(severity="warning", about=ctx.system, text=error.message, cure=cure)]


def _hold(at: ActionContext) -> None:
    """Hold what was fetched, as the backups of the lost system were to be held: nothing of it expires meanwhile."""
    engine = engine_of(at.inventory, at.system)
    engine.hold(at, at.system, engine.read_hold(at, at.system))


def _nothing_to_stop(ctx: ActionContext, name: str) -> list[Settling]:
    """Return that the part that was taken over has no server yet: said of the one that had it, as it goes with it."""
    stop, words = way_of(ctx).stop, f"nothing is at {name} yet"
    return [Settling(action=stop, use="impossible", words=words, system=ctx.system)] if stop else []


def _outcome(ctx: ActionContext, name: str, did: dict[str, Any], seen: Seen, found: list[Finding]) -> Outcome:
    settings = ctx.inventory.systems
    took = f" in {exact_duration(did['seconds'])}" if did.get("seconds") else ""
    files = f"{count(did['fetched'], 'file')} fetched{took}, each compared with what was copied" if did else "fetched"
    stays = Finding(
        severity="warning",
        about=ctx.system,
        text=f"its site {settings[ctx.system].site} may come back, with a server that would be a second one",
        cure="Keep it fenced: nothing of it may start, or be reached, before it is a standby or wiped.",
    )
    return Outcome(
        ok=True,
        summary=f"{name} on {settings[name].host} takes the place of {ctx.system}; {files}. Restored is nothing yet.",
        facts={
            "took_over": {"system": name, "of": ctx.system},
            "files": did.get("fetched", 0),
            "bytes": did.get("bytes", 0),
            "kept": did.get("kept", 0),
            "copied_at": seen.began_at.isoformat() if seen.began_at else "",
        },
        findings=[*found, stays, still_names(ctx.system, name, settings[ctx.system].plays, cold=True)],
    )
