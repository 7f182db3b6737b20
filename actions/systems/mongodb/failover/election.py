"""The lead of a set goes from one member to another: writers held, a step-down that waits, and one that stands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from actions.outcome import ActionFailed, Cancelled, Cure
from actions.systems.mongodb.connection import CannotConnect
from actions.systems.mongodb.failover.members import Position, others
from actions.systems.mongodb.failover.oplog_end import has, newest
from actions.systems.mongodb.failover.standing import KIND
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.state import ask
from actions.systems.mongodb.verified_connection import connect_verified
from journal.errors import CleoError

AGAIN, ALLOW = "mongodb.switch_back", "mongodb.allow_writers"
_ALIKE_S, _ELECTED_S, _PAUSE_S = 60.0, 60.0, 0.2
_AWAY_S = 90
"""Seconds for which the others, and who led, do not stand for election."""


def wait_until_it_has_all(primary: Server, server: Server) -> Position:
    """Wait until a member has the newest entry that the primary has by now; return that.

    Raises:
        ActionFailed: it does not come so far.
    """
    wanted, end = newest(primary), time.monotonic() + _ALIKE_S
    while not has(server, wanted):
        if primary.ctx.cancelled:
            raise Cancelled(still_leads(primary))
        if time.monotonic() > end:
            raise stopped(primary, server, f"is at {newest(server)}, and {primary.name} was at {wanted}")
        time.sleep(_PAUSE_S)
    out = "Writers are kept out; " if primary.settings.app_users else ""
    primary.ctx.log(f"{out}{server.name} has all that {primary.name} had: {wanted}.")
    return wanted


@contextmanager
def others_away(primary: Server, server: Server) -> Iterator[None]:
    """Have no other member stand for election meanwhile; they do again after it."""
    for one in others(primary):
        if one.name != server.name:
            _freeze(one, _AWAY_S)
    try:
        yield
    finally:
        all_stand_again(primary, server)


def all_stand_again(primary: Server, server: Server) -> None:
    """Have each member but who leads stand for election again: else a failover in the next minute finds nobody."""
    for one in (primary, *others(primary)):
        if one.name != server.name:
            _freeze(one, 0)


def _freeze(server: Server, seconds: int) -> None:
    try:
        with connect_verified(server, deadline_s=5) as client:
            client.admin.command("replSetFreeze", seconds)
    except CleoError as error:  # one that is down, or an arbiter, does not stand anyway
        server.ctx.log(f"{server.name}: {error.message}")


def step_down(primary: Server) -> None:
    """Have the primary step down once a member that can lead has all of its oplog.

    Raises:
        ActionFailed: it does not.
    """
    try:
        with connect_verified(primary, deadline_s=60) as client:
            client.admin.command("replSetStepDown", _AWAY_S, secondaryCatchUpPeriodSecs=30)
    except CannotConnect as error:
        if KIND.promoted(primary) is not False:
            raise ActionFailed(
                f"{primary.name} does not step down: {error.message}",
                "See its log (mongodb.log).",
                left_behind=still_leads(primary),
                cures=ways_back(primary),
            ) from error
    primary.ctx.log(f"{primary.name} stepped down.")


def have_it_elected(server: Server, primary: Server) -> None:
    """Have a member stand for election until it leads.

    Raises:
        ActionFailed: it is not elected.
    """
    end, why = time.monotonic() + _ELECTED_S, ""
    while not KIND.promoted(server):
        server.ctx.check_cancelled()
        if time.monotonic() > end:
            raise ActionFailed(
                f"{server.name} was not elected within {_ELECTED_S:.0f} s: {why}",
                "See its log (mongodb.log): who did not vote for it. Then run this again.",
                left_behind="Another member leads the set, or nobody does; the application is kept out.",
                cures=ways_back(primary),
            )
        try:
            with connect_verified(server, deadline_s=15) as client:
                ask(client, "replSetStepUp")
        except CleoError as error:
            why = error.message
            time.sleep(_PAUSE_S)


def still_leads(primary: Server) -> str:
    """Return what is left behind where nothing was handed over."""
    return f"{primary.name} leads still; the application is kept out of it."


def ways_back(primary: Server) -> list[Cure]:
    """Return what helps where nothing was handed over."""
    return [
        Cure(words=f"Let the application go on at {primary.name}: nothing is lost.", action=ALLOW),
        Cure(words="Or run this again: it compares anew.", action=AGAIN),
    ]


def stopped(primary: Server, server: Server, why: str) -> ActionFailed:
    """Return that the lead is not handed over, and why."""
    return ActionFailed(
        f"{server.name} {why}.",
        "See its log (mongodb.log).",
        left_behind=still_leads(primary),
        cures=ways_back(primary),
    )
