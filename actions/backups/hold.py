"""``backups.hold`` and ``backups.release``: while a recovery runs, no backup is taken by schedule and none expires.

Several incidents may hold the same backups: each is named where the hold is, and it ends when the last gives it up.
"""

from __future__ import annotations

from actions.action import action
from actions.backups.engine import by_hand, find_engine, target
from actions.backups.holding import Hold, HoldPart, closed_hold
from actions.backups.offsite.holding import hold_offsite, release_offsite, seen_offsite
from actions.backups.reach import Reach, not_held, not_released, reach, with_the_same
from actions.context import ActionContext
from actions.gate import Closed
from actions.outcome import ActionFailed, Cure, Outcome
from actions.transport import NOT_REACHED
from journal.errors import CleoError


@action(
    "backups.hold",
    probe="backups.held",
    resumable=True,
    touches=("hold",),
    undone_by="backups.release",
    target=target,
    by_hand=by_hand("hold"),
)
def hold(ctx: ActionContext) -> Outcome:
    """Hold the backups: no expiry, no scheduled backup.

    What a recovery may still need is kept from being expired, and the damage from being backed up.

    Needs: the right to write the hold file and, for PostgreSQL, pgBackRest's configuration, where its repository is.
    Where that host cannot be reached, they are held on the host of a standby that has the same backups, if there is
    one, and in the second place, by the host of any standby; what is not held is said.

    Leaves: this incident's line in the hold file, or a file in the second place; for PostgreSQL also a block at the end
    of pgBackRest's configuration that keeps it from expiring. In force until backups.release, also after the incident
    is closed.

    Killed half way: one of the two may stand without the other; backups.held tells, and run again it adds what is
    missing.
    """
    engine, me = find_engine(ctx), ctx.incident.id
    by = reach(ctx, engine, lambda name: engine.read_hold(ctx, name))
    away = hold_offsite(ctx) if ctx.system in by.lost else ""
    if (found := by.found) is None:
        return _held_offsite(ctx, by, away) if away else _held_nowhere(ctx, by)
    engine.hold(ctx, by.system, found)
    if not ctx.dry_run and engine.read_hold(ctx, by.system).lacks(me):
        raise ActionFailed(
            "The hold was written, and does not stand: somebody wrote the same files meanwhile.",
            cures=[Cure(words="Hold them again; then look whether it stands (backups.held).", action="backups.hold")],
        )
    done = [
        *_newly_held(
            found.schedule, me, "scheduled backups wait", "scheduled backups are NOT stopped", "their schedule"
        ),
        *_newly_held(found.expiry, me, "expiry is suspended", "expiry is NOT suspended", "it"),
    ]
    words = "; ".join(done) or "they were held for this incident already"
    return Outcome(
        ok=not found.cannot,
        summary=f"Backups are held{_by(ctx, by)}: {words}.{_others(found, me)}",
        facts={"held": True, "held_by": by.system, "changed": done},
        findings=not_held(ctx, by.lost, offsite=bool(away)),
    )


@action(
    "backups.release",
    probe="backups.held",
    resumable=True,
    touches=("hold",),
    target=target,
    by_hand=by_hand("release"),
)
def release(ctx: ActionContext) -> Outcome:
    """Release this incident's hold on backups.

    Nobody else's hold ends by it: the last one who holds lets backups expire again.

    Needs: what backups.hold needs.

    Leaves: hold file and pgBackRest's configuration as they were before, where nobody else holds.

    Killed half way: a part of the hold may stand; run it again.
    """
    engine, me = find_engine(ctx), ctx.incident.id
    held_by = [str(facts.get("held_by") or "") for facts in ctx.incident.facts.values()]
    lost, done, others = dict[str, str](), list[str](), ""
    for name in with_the_same(ctx, engine):  # before a failover another one's host was the one to hold them
        try:
            found = engine.read_hold(ctx, name)
        except NOT_REACHED as error:
            if name in (ctx.system, *held_by):
                lost[name] = error.message.rstrip(".")
            continue
        engine.release(ctx, name, found)
        done += [one for one in _released(found, me) if one not in done]
        others = others or _others(found, me)
    try:
        if release_offsite(ctx):
            done.append("what runs by schedule is let into the second place again")
    except CleoError as error:
        lost[ctx.system] = f"of the second place: {error.message.rstrip('.')}"
    words = "; ".join(done) or "they were not held for this incident"
    return Outcome(
        ok=True,
        summary=f"This incident's hold is released: {words}.{others}",
        facts={"held": False, "changed": done},
        findings=not_released(ctx, lost),
    )


@action("backups.held", target=target)
def held(ctx: ActionContext) -> Outcome:
    """Tell whether backups are held, and for whom.

    Needs: the right to read the hold file and, for PostgreSQL, pgBackRest's configuration.
    """
    engine = find_engine(ctx)
    by = reach(ctx, engine, lambda name: engine.read_hold(ctx, name))
    if (found := by.found) is None:
        return _seen_offsite(ctx, by)
    state = [
        *([f"expiry is {'suspended' if found.expiry.stands else 'at work'}"] if found.expiry else []),
        *([f"scheduled backups {'wait' if found.schedule.stands else 'run'}"] if found.schedule else []),
    ]
    words = "; ".join(state) or "nothing is scheduled and nothing expires"
    whose = f" Held for {', '.join(found.holders)}." if found.holders else ""
    return Outcome(
        ok=True,
        summary=f"{words[0].upper()}{words[1:]}{_by(ctx, by)}.{whose}",
        facts={"held": found.stands_for(ctx.incident.id), "holders": found.holders},
        findings=not_held(ctx, by.lost),
    )


def is_held_for_us(ctx: ActionContext) -> Closed | None:
    """A gate: this incident's own hold stands, all of it."""
    return closed_hold(find_engine(ctx).read_hold(ctx, ctx.system), ctx.incident.id)


def _held_nowhere(ctx: ActionContext, by: Reach[Hold]) -> Outcome:
    """Say that nothing was held, and what that means: nothing is in force by it."""
    return Outcome(
        ok=True,
        summary=f"Backups are NOT held: {by.why}.",
        facts={"held": False, "in_force": False},
        findings=not_held(ctx, by.lost),
        partial="not held: no host of the inventory reaches them",
    )


def _held_offsite(ctx: ActionContext, by: Reach[Hold], away: str) -> Outcome:
    """Say that they are held in the second place alone, and what that holds."""
    where = ctx.inventory.offsite.place if ctx.inventory.offsite else ""
    return Outcome(
        ok=True,
        summary=f"Backups are held in the second place ({where}) by the host of {away}: nothing is copied over what is "
        f"there, and `cleo backup run` takes and removes nothing, at the lost host neither. {by.why}.",
        facts={"held": True, "held_by": away, "changed": ["held in the second place"]},
        findings=not_held(ctx, by.lost, offsite=True),
    )


def _seen_offsite(ctx: ActionContext, by: Reach[Hold]) -> Outcome:
    """Tell whether they are held in the second place, where no host that has them is reached."""
    holders = seen_offsite(ctx)
    if holders is None:
        return Outcome(ok=True, summary=f"Nobody can see whether backups are held: {by.why}.", partial="not seen")
    words = f"Held in the second place for {', '.join(holders)}" if holders else "NOT held in the second place"
    return Outcome(
        ok=True,
        summary=f"{words}; at the system's own host nobody can look: {by.why}.",
        facts={"held": ctx.incident.id in holders, "holders": list(holders)},
        findings=not_held(ctx, by.lost, offsite=bool(holders)),
    )


def _by(ctx: ActionContext, by: Reach[Hold]) -> str:
    return f" on the host of {by.system}" if by.system != ctx.system else ""


def _released(found: Hold, me: str) -> list[str]:
    """Say what a release changes at one host."""
    return [
        *_given_up(found.expiry, me, "expiry works again", "expiry stays suspended"),
        *_given_up(found.schedule, me, "scheduled backups run again", "scheduled backups go on waiting"),
    ]


def _newly_held(part: HoldPart | None, me: str, done: str, impossible: str, what: str) -> list[str]:
    """Say what a hold changes in one half of it; nothing where it was held for this incident before."""
    if part is None or me in part.incidents:
        return []
    return [f"{impossible}, {part.cannot}: stop {what} by hand"] if part.cannot else [done]


def _given_up(part: HoldPart | None, me: str, ended: str, stays: str) -> list[str]:
    """Say what a release changes in one half of a hold; nothing where it was not held for this incident."""
    if part is None or me not in part.incidents:
        return []
    return [stays if part.without(me) else ended]


def _others(found: Hold, me: str) -> str:
    others = [holder for holder in found.holders if holder != me]
    return f" Held as well for {', '.join(others)}." if others else ""
