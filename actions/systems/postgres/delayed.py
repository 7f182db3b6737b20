"""``postgres.pause_replay`` and ``postgres.resume_replay``: a standby that applies late is stopped before the damage.

A standby with ``recovery_min_apply_delay`` has what was before a wrong statement for as long as that. Promoting it
would apply all that it has received; paused, it stays as it is, and can be read.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding, Outcome, Settling
from actions.systems.postgres import by_hand
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.identity import identity
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.verified_connection import connect_verified
from journal.wording.durations import rough_duration
from journal.wording.instants import utc

if TYPE_CHECKING:
    import psycopg

PAUSE, RESUME, LOOK = "postgres.pause_replay", "postgres.resume_replay", "postgres.replay_state"
_STATE = """
    SELECT pg_is_in_recovery(),
           CASE WHEN pg_is_in_recovery() THEN pg_get_wal_replay_pause_state() ELSE '' END,
           pg_last_wal_replay_lsn() - '0/0', pg_last_xact_replay_timestamp(),
           (SELECT setting::bigint FROM pg_settings WHERE name = 'recovery_min_apply_delay')
"""
_SETTLE_S = 2.0
_BETWEEN_S = 0.2


class Standing(NamedTuple):
    """Where a standby stands: ``state`` in PostgreSQL's word, ``replayed`` in bytes of the log."""

    in_recovery: bool
    state: str
    replayed: int
    committed_at: datetime | None
    delay_s: float

    @property
    def stopped(self) -> bool:
        """Whether it applies nothing more: while it waits out a delay, ``pause requested`` is as good as ``paused``."""
        return self.state == "paused" or (self.state == "pause requested" and self.delay_s > 0)

    @property
    def words(self) -> str:
        """Return up to which commit it stands."""
        return f"up to the commit of {utc(self.committed_at)}" if self.committed_at else "at no commit that it knows of"


@action(
    PAUSE,
    probe=LOOK,
    resumable=True,
    touches=("data directory",),
    undone_by=RESUME,
    target=identity,
    by_hand=by_hand.pause_replay,
)
def pause_replay(ctx: ActionContext) -> Outcome:
    """Pause the replay of a delayed standby.

    It goes on receiving, and applies nothing any more: what it has not applied yet, a wrong statement among it, stays
    out. Says up to which commit it stands, and whether that is before the damage. Costs nothing, and can be taken back.

    Needs: a standby that answers; a superuser on it.

    Leaves: the replay paused, until postgres.resume_replay. A restart of it forgets that: do not restart it.

    Killed half way: it is paused or it is not; run it again.
    """
    server = find_server(ctx)
    seen = _standing(server)
    _require_standby(server, seen)
    if not seen.stopped:
        if not ctx.effect(f"pause the replay on {server.name}, {seen.words}"):
            return Outcome(ok=True, summary=f"would pause the replay on {server.name}, {seen.words}")
        with connect_verified(server) as session:
            session.execute("SELECT pg_wal_replay_pause()")
        seen = _stopped(server)
    before, words = _against_damage(ctx, seen)
    return Outcome(
        ok=True,
        summary=f"{server.name} is paused {seen.words}: {words}.",
        facts={"stands_at": seen.committed_at and seen.committed_at.isoformat(), "before_damage": before},
        findings=[_to_read(server, seen, before=before)],
    )


@action(
    RESUME,
    destructive=True,
    probe=LOOK,
    resumable=True,
    touches=("data directory",),
    target=identity,
    by_hand=by_hand.resume_replay,
)
def resume_replay(ctx: ActionContext) -> Outcome:
    """Let a paused standby replay again.

    It applies all that it held back, the damage among it: what it had of before is gone then.

    Needs: a standby that answers; a superuser on it.

    Leaves: a standby that follows, with its delay.

    Killed half way: it replays or it does not; run it again.
    """
    server = find_server(ctx)
    seen = _standing(server)
    _require_standby(server, seen)
    if seen.state == "not paused":
        return Outcome(ok=True, summary=f"{server.name} was not paused.")
    before, words = _against_damage(ctx, seen)
    lost = "; what it has of before the damage is gone then" if before is not False else ""
    if not ctx.effect(f"let {server.name} replay again; it is paused {seen.words}, {words}{lost}"):
        return Outcome(ok=True, summary=f"would let {server.name} replay again")
    with connect_verified(server) as session:
        session.execute("SELECT pg_wal_replay_resume()")
    if (after := _standing(server)).in_recovery and after.state != "not paused":
        raise ActionFailed(f"{server.name} says {after.state!r} still.", "See its log (L).")
    return Outcome(ok=True, summary=f"{server.name} replays again.")


@action(LOOK, target=identity)
def replay_state(ctx: ActionContext) -> Outcome:
    """Tell whether a standby's replay is paused, and where it stands.

    Needs: the standby's address.
    """
    server = find_server(ctx)
    seen = _standing(server)
    if not seen.in_recovery:
        return Outcome(ok=False, summary=f"{server.name} is a primary: nothing is replayed.", facts={"paused": False})
    state = f"paused {seen.words}: {_against_damage(ctx, seen)[1]}" if seen.stopped else f"not paused, {seen.words}"
    return Outcome(ok=seen.stopped, summary=f"{server.name} is {state}.", facts={"paused": seen.stopped})


def found_delayed(server: Server) -> tuple[list[Finding], list[Cure], list[Settling]]:
    """Return what a look says of a standby that applies late; nothing of any other server."""
    if not server.settings.standby_of:
        return [], [], []
    try:
        seen = _standing(server)
    except CannotConnect:
        return [], [], []  # its health says why
    if not seen.in_recovery or not seen.delay_s:
        return [], [], []
    late = f"applies {rough_duration(seen.delay_s)} late"
    if seen.stopped:
        text = f"{late}, and is paused {seen.words}"
        return [_note(server, text, "")], [], [Settling(action=PAUSE, use="needless", words="its replay is paused")]
    words = f"Pause {server.name} before it applies the damage: it {late}, and stands {seen.words}."
    cure = f"If data was damaged, pause it at once: cleo run {PAUSE} --on {server.name}"
    found = _note(server, f"{late}, and stands {seen.words}", cure)
    return [found], [Cure(words=words, action=PAUSE)], [Settling(action=PAUSE, use="open")]


def _standing(server: Server) -> Standing:
    with connect_verified(server) as session:
        return _read(session)


def _read(session: psycopg.Connection[Any]) -> Standing:
    row = session.execute(_STATE).fetchone()
    if row is None:
        raise ActionFailed("The standby does not say where it stands.")
    recovering, state, replayed, at, delay_ms = row
    return Standing(
        bool(recovering), str(state), int(replayed or 0), at.astimezone(UTC) if at else None, int(delay_ms or 0) / 1000
    )


def _require_standby(server: Server, seen: Standing) -> None:
    if not seen.in_recovery:
        raise ActionFailed(
            f"{server.name} is a primary: there is nothing to pause.", left_behind="Nothing was changed."
        )


def _stopped(server: Server) -> Standing:
    """Wait until nothing is applied any more, and prove it: the position stays.

    Raises:
        ActionFailed: it goes on.
    """
    end = time.monotonic() + _SETTLE_S
    first = _standing(server)
    while (seen := _standing(server)).state != "paused" and time.monotonic() < end:
        time.sleep(_BETWEEN_S)
    if seen.stopped and (seen.state == "paused" or seen.replayed == first.replayed):
        if seen.state != "paused":
            server.ctx.log(
                f"PostgreSQL says {seen.state!r} while it waits out a delay: it asks again before it applies."
            )
        return seen
    raise ActionFailed(
        f"{server.name} was told to pause, and says {seen.state!r}.",
        "Run it again. If it goes on: stop the standby (postgres.stop); what it has applied stays.",
        left_behind="The pause is asked for.",
    )


def _against_damage(ctx: ActionContext, seen: Standing) -> tuple[bool | None, str]:
    """Return whether a standby stands before the damage, None where nobody can tell, and that in words."""
    began = ctx.incident.damage_began
    if began is None or seen.committed_at is None:
        return None, "whether that is before the damage is not known, since nobody found when that began"
    if seen.committed_at < began:
        return True, f"before the damage of {utc(began)}"
    return False, f"it has applied the damage of {utc(began)} already"


def _to_read(server: Server, seen: Standing, *, before: bool | None) -> Finding:
    own = server.settings
    if before is False:
        return _note(server, "it holds the damage: recover from a backup", "")
    text = f"rows as they were can be read from it: psql or pg_dump -t TABLE -h {own.address} -p {own.port}"
    return _note(server, text, "Do not restart or promote it: either has it apply the rest.")


def _note(server: Server, text: str, cure: str) -> Finding:
    return Finding(severity="note", about=server.name, text=text, cure=cure)
