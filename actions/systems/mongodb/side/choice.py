"""Which backups and which oplog lead a side instance to the wanted point; outside of both the range is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from actions.outcome import ActionFailed, Cure
from actions.systems.mongodb.backup_chain import Chain, chains, falls_short
from actions.systems.mongodb.backup_selection import Chosen, best_backups, place_of
from actions.systems.mongodb.oplog_position import instant_of
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.side.place import MAKE, exact
from journal.incident.recovery_point import RecoveryPoint

_AFTER = timedelta(milliseconds=1)
"""Entries are timed to the millisecond: nothing lies between one and this long after it."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What a side instance is made of.

    Attributes:
        chosen: the backups.
        unsaved: whether the oplog behind them, up to now, has to be copied from the real server.
    """

    chosen: Chosen
    unsaved: bool


def choose(server: Server, point: RecoveryPoint) -> Choice:
    """Choose backups for a point, and tell whether the running server's own oplog is needed behind them.

    Raises:
        ActionFailed: the point is not covered; what is covered is said.
    """
    if point.instant and point.instant > datetime.now(UTC):
        raise ActionFailed(f"{exact(point.instant)} is still to come.", "Choose an instant that has been.")
    try:
        chosen = best_backups(server, point)
    except ActionFailed as error:
        raise _before(server, error) from None
    chain = chosen.chain
    if not falls_short(chain, point) or _just_after(chain, point):
        return Choice(chosen=chosen, unsaved=False)
    if chain.gap or not server.process():
        raise behind(server, chain, chain.gap and f"Oplog is missing before it: {chain.gap}.")
    return Choice(chosen=chosen, unsaved=True)


def outside(chain: Chain, why: str) -> ActionFailed:
    """Return the error for a point that lies before all of a backup can be had.

    Args:
        chain: the backup.
        why: what was seen.
    """
    first = instant_of(chain.begins) + timedelta(seconds=1)  # a position tells its second alone
    return ActionFailed(
        f"{why} What can be had: from {exact(first)} on (backup {chain.full.id}).",
        cures=[_instead(f"Choose {exact(first)} or later.", first)],
    )


def _just_after(chain: Chain, point: RecoveryPoint) -> bool:
    """Whether a point is all that was saved, by another name."""
    return bool(point.instant and chain.until and point.instant <= chain.until + _AFTER)


def _before(server: Server, error: ActionFailed) -> ActionFailed:
    """Say from when on a point can be had, where no backup leads to this one."""
    found = chains(place_of(server).listing().stored)
    if not found:
        return error
    first = min(found, key=lambda one: instant_of(one.begins))
    return outside(first, error.message)


def behind(server: Server, chain: Chain, why: str) -> ActionFailed:
    """Return the error for a point that lies behind what can be had.

    Args:
        server: the real server.
        chain: what leads nearest to it.
        why: what is missing; empty: the server is down.
    """
    until = chain.until
    said = why or f"What was saved of {server.name} ends before it, and the server is down."
    if until is None:
        return ActionFailed(f"{said} What can be had reaches from {chain.reach}.", "Choose a point within that.")
    last = until + _AFTER
    return ActionFailed(
        f"{said} What can be had: until {exact(until)}, the last entry before that.",
        cures=[_instead(f"Choose {exact(last)} or earlier.", last)],
    )


def _instead(words: str, at: datetime) -> Cure:
    text = at.isoformat().replace("+00:00", "Z")
    return Cure(words=words, action=MAKE, params={"timestamp": text, "oplog": ""})
