"""``redis.switch_back``: a master and its replica change places, as planned, and nothing is lost by it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from actions.action import action
from actions.context import ActionContext
from actions.failover.choice import require_meant
from actions.failover.means import NOTHING
from actions.failover.promotion_record import PromotionRecord
from actions.failover.switching_back import WHICH, Left, SwitchingBack
from actions.gate import Closed
from actions.outcome import ActionFailed, Cancelled, Cure, Finding, Outcome
from actions.systems.redis.connection import CannotConnect
from actions.systems.redis.failover import by_hand
from actions.systems.redis.failover.following import barred_still, follows, prove_that_it_follows, wait_until_it_follows
from actions.systems.redis.failover.follows import follow, follow_nobody, follows_at_start
from actions.systems.redis.failover.pause import go_on
from actions.systems.redis.failover.promote import PROMOTING, Replica
from actions.systems.redis.failover.replica_login import log_in_as_replica, require_login
from actions.systems.redis.failover.replicas import Reached, link_words, reached, require_whole
from actions.systems.redis.failover.standing import KIND
from actions.systems.redis.failover.told import surprises
from actions.systems.redis.login_block import bar_now, require_not_ourselves
from actions.systems.redis.managers import SWITCH_OVER, managed_by
from actions.systems.redis.measures import keyspace, replicas
from actions.systems.redis.sentinel import places
from actions.systems.redis.server import Server
from actions.systems.redis.verified_connection import connect_verified
from journal.wording.counting import count

_AGAIN, _ALLOW = "redis.switch_back", "redis.allow_writers"
_BEHIND = 16 * 1024 * 1024
"""Bytes of the stream that a replica may lack before: writers are held until it has them."""
_SILENT_S = 11
_HELD_MS = 60_000
"""Milliseconds for which writes are held at most: they go on by themselves then, where nobody says more."""
_ALIKE_S, _TURNS_S, _PAUSE_S = 30.0, 20.0, 0.05
_STATE = "master_failover_state"
"""What a server says of itself that knows FAILOVER (Redis 6.2)."""


class RedisSwitchingBack(SwitchingBack[Server]):
    """How a master and its replica change places: by the master itself (FAILOVER), which follows from then on."""

    promoting = PROMOTING
    alike = "both were at one place of the stream, with as many keys, as writes were held"

    def managed(self, server: Server) -> Closed | None:
        """Return the Sentinel or operator of a server: a Sentinel switches over itself."""
        return managed_by(server, SWITCH_OVER)

    def leads(self, primary: Server, server: Server) -> bool:
        """Whether the replica is a master already."""
        return not self._asked(primary, server).replica

    def look(self, primary: Server, server: Server) -> Sequence[Finding]:
        """Look that it follows the same history, and is near; that the master can follow it afterwards."""
        seen, led = self._asked(primary, server), _asked_itself(primary)
        if led.replica:
            self.not_following(primary, server, f"follows {primary.name}, which is no master itself")
        self._require_following(primary, server, seen, led)
        if primary.settings.app_users:
            require_not_ourselves(primary)
            require_not_ourselves(server)
        why, cost = PROMOTING.left_out(Replica(server, seen))
        require_meant(primary.ctx, server.name, why, cost)
        require_login(primary, server)
        at = f"{seen.position:,} of {led.position:,} of {led.history}"
        primary.ctx.log(f"{server.name} is at {at}, with {seen.keys:,} of {led.keys:,} keys.")
        return list(surprises(primary, server, seen, fenced=False))

    def effect(self, primary: Server, server: Server) -> str:
        """Return who is kept out, and what is compared before they change places."""
        users = ", ".join(user.name for user in primary.settings.app_users)
        kept = f"keep {users} out of both, " if users else ""
        held = f"hold the writes of {primary.name} until {server.name} has all of them and as many keys"
        return f"{kept}{held}, and have them change places, at their next starts too"

    def hand_over(self, primary: Server, server: Server) -> PromotionRecord:
        """Hold the writes, compare both, and have the master hand over; its file says so before the other's does."""
        for one in (primary, server):
            if one.settings.app_users:
                bar_now(one)
        with _held(primary):
            record = _alike(primary, server)
            record.keep(primary.ctx.files, primary.name)
            log_in_as_replica(primary, server)
            _change_places(primary, server)
        follow(primary, server)
        return record

    def left(self, primary: Server, server: Server) -> Left:
        """Have the one that led follow at its next start too, and prove that it does."""
        where = f"{server.settings.address} {server.settings.port}"
        go_on(primary)  # a run that was killed left it holding: it would not take what it is sent
        if not reached(primary).replica:
            raise ActionFailed(
                f"{primary.name} is a master, and so is {server.name}: two sets of writes.",
                f"Fence {primary.name} at once: --on {primary.name}.",
                left_behind=f"The application is kept out of {server.name}.",
                cures=[Cure(words="Fence the one that led.", action=KIND.fence)],
            )
        if follows_at_start(primary) != where:
            follow(primary, server)
        follow_nobody(server)
        lacks = f"{primary.name} takes no writes, and lacks what comes from now on."
        wait_until_it_follows(primary, server, lacks, _AGAIN)
        prove_that_it_follows(primary, server)
        said = f" {primary.name} follows it: a key arrived, and a write to it is refused."
        return Left(said, findings=barred_still(primary))

    def _asked(self, primary: Server, server: Server) -> Reached:
        try:
            return reached(server, 30)
        except CannotConnect as error:
            server.ctx.log(f"{server.name} cannot be asked: {error.message}", "err")
            self.not_asked(primary, server, server)

    def _require_following(self, primary: Server, server: Server, seen: Reached, led: Reached) -> None:
        if not follows(seen, primary) or not 0 <= seen.silent_s <= _SILENT_S:
            self.not_following(primary, server, f"does not follow {primary.name} now ({link_words(seen)})")
        require_whole(primary, server, seen)
        if seen.history != led.history:
            self.not_following(primary, server, f"is of another history ({seen.history}, not {led.history})")
        if (behind := led.position - seen.position) > _BEHIND:
            self.too_far_behind(primary, server, f"{behind:,} bytes of the stream")
        if _STATE not in led.info:
            raise ActionFailed(
                f"{primary.name} does not know FAILOVER: it is older than Redis 6.2.",
                "By hand: redis.fence at it, redis.promote of the other, then redis.rejoin.",
                left_behind=NOTHING,
            )


SWITCHING_BACK = RedisSwitchingBack()


@action(
    _AGAIN,
    destructive=True,
    probe="redis.is_switched_back",
    resumable=True,
    live={"managed": SWITCHING_BACK.unmanaged},
    touches=("data directory",),
    undone_by=_ALLOW,
    target=SWITCHING_BACK.identity,
    params={"standby": WHICH},
    by_hand=by_hand.switch_back,
)
def switch_back(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Have the master and its replica change places, at a quiet hour, with nothing lost.

    Keeps the application out of both, holds the master's writes until the replica is at the same place of the same
    stream and has as many keys in every database, and only then has the master hand over to it (FAILOVER). The master
    follows from then on, at its next start too: no second copy is made. A key is written and arrives.

    Needs: both up, Redis 6.2 or later, and the replica following (redis.rejoin); what redis.promote needs. With a
    Sentinel redis.switch_over does it.

    Leaves: the replica as the master, the application kept out until redis.allow_writers; the other one its replica.

    Killed half way: writes go on at the master within a minute, or the replica is the master and the other one follows
    it; the application is kept out. Run again, it is seen through.
    """
    return SWITCHING_BACK.switch_back(ctx, standby)


@action("redis.is_switched_back", target=SWITCHING_BACK.identity, params={"standby": WHICH})
def is_switched_back(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Tell whether the replica leads that redis.switch_back has lead.

    Needs: the replica's address.
    """
    return SWITCHING_BACK.is_switched_back(ctx, standby)


def _asked_itself(primary: Server) -> Reached:
    """Ask the one that leads.

    Raises:
        ActionFailed: it cannot be asked: nothing can be measured then.
    """
    try:
        return reached(primary, 30)
    except CannotConnect as error:
        raise ActionFailed(
            f"{primary.name} is to hand over, and cannot be asked: {error.message}",
            left_behind=NOTHING,
            cures=[
                Cure(words="Start it, where it is whole.", action="redis.start"),
                Cure(words="Or fence it, and promote.", action=KIND.fence),
            ],
        ) from error


@contextmanager
def _held(primary: Server) -> Iterator[None]:
    """Hold the master's writes; they go on after it, whoever leads then."""
    with connect_verified(primary) as session:
        client: Any = session
        client.execute_command("CLIENT", "PAUSE", _HELD_MS, "WRITE")
    try:
        yield
    finally:
        go_on(primary)


def _alike(primary: Server, server: Server) -> PromotionRecord:
    """Wait until both are at one place of one stream, with as many keys in each database; return that.

    Raises:
        ActionFailed: they do not come to it.
    """
    end = time.monotonic() + _ALIKE_S
    while True:
        led, seen = reached(primary), reached(server)
        if follows(seen, primary) and (seen.history, seen.position) == (led.history, led.position):
            mine, theirs = keyspace(led.info), keyspace(seen.info)
            if mine != theirs:
                raise _stopped(
                    primary, server, f"has {theirs}, not {mine} keys at one place of the stream: somebody wrote to it"
                )
            words = f"both are at {seen.position:,} of {seen.history}, with {count(seen.keys, 'key')}"
            primary.ctx.log(f"Writes are held; {words}.")
            return PromotionRecord(standby=server.name, received=seen.position, history=seen.history)
        if primary.ctx.cancelled:
            raise Cancelled(_left(primary))
        if time.monotonic() > end:
            raise _stopped(primary, server, f"is at {seen.position:,} of {seen.history}, and {led.position:,} was held")
        time.sleep(_PAUSE_S)


def _change_places(primary: Server, server: Server) -> None:
    """Have the master hand over to the replica, and wait until it is its replica.

    Raises:
        ActionFailed: it refuses, or does not come to it.
    """
    there = places(server)
    with connect_verified(primary) as session:
        client: Any = session
        seen = [one.address.rpartition(":") for one in replicas(client.info("replication"))]
        to = next(((host, port) for host, _, port in seen if (host, int(port)) in there), None)
        if to is None:
            raise _stopped(primary, server, f"is none of the replicas that {primary.name} sees")
        client.execute_command("FAILOVER", "TO", *to, "TIMEOUT", int(_TURNS_S * 1000))
        end = time.monotonic() + _TURNS_S + 5
        while (said := client.info("replication")).get(_STATE) != "no-failover" and time.monotonic() <= end:
            time.sleep(_PAUSE_S)
    if said["role"] != "slave":
        raise _stopped(primary, server, f"did not take over within {_TURNS_S:.0f} s")
    if said.get(_STATE) != "no-failover":
        raise ActionFailed(
            f"{primary.name} waits to follow {server.name}, which does not take over ({said.get(_STATE)}).",
            f"Only if {server.name} is a replica still: FAILOVER ABORT at {primary.name} has it lead again. "
            "See both logs.",
            left_behind="Nobody takes writes; the application is kept out of both.",
        )
    primary.ctx.log(f"{primary.name} handed over to {server.name}.")


def _left(primary: Server) -> str:
    return f"{primary.name} is the master still; the application is kept out of it."


def _stopped(primary: Server, server: Server, why: str) -> ActionFailed:
    return ActionFailed(
        f"{server.name} {why}.",
        "See the logs of both (redis.log).",
        left_behind=_left(primary),
        cures=[
            Cure(words=f"Let the application go on at {primary.name}: nothing is lost.", action=_ALLOW),
            Cure(words="Or run this again: it compares anew.", action=_AGAIN),
        ],
    )
