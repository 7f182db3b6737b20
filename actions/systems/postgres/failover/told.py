"""What a promotion would give up or leave behind, told before it: nothing of it is damage, all of it surprises."""

from __future__ import annotations

from collections.abc import Iterator

from actions.failover.fence_record import FenceRecord
from actions.gate import decide
from actions.outcome import Cure, Finding, GateClosed
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.failover.archive_end import archive_end
from actions.systems.postgres.failover.catch_up import has_all
from actions.systems.postgres.failover.standbys import Reached
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import format_lsn
from journal.errors import CleoError
from journal.wording.counting import count
from journal.wording.durations import rough_duration

ACTIVATE = "postgres.activate_standby"
BEHIND = "behind-archive"
SLOTS = "logical replication slots"
_DATABASES = "SELECT datname FROM pg_database WHERE datallowconn ORDER BY 1"
_UNLOGGED = """
    SELECT c.oid::regclass::text FROM pg_class c
    WHERE relpersistence = 'u' AND relkind IN ('r', 'm') ORDER BY 1
"""
_COLLATIONS = """
    SELECT collname || ' ' || collversion || ', here ' || pg_collation_actual_version(oid) FROM pg_collation
    WHERE collversion IS NOT NULL AND collversion IS DISTINCT FROM pg_collation_actual_version(oid) ORDER BY 1
"""
_DATABASE_COLLATION = """
    SELECT datcollversion || ', here ' || pg_database_collation_actual_version(oid) FROM pg_database
    WHERE datname = current_database() AND datcollversion IS NOT NULL
    AND datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid)
"""
_SINCE_15 = 150000
_NAMED = 5


def lag(primary: Server, standby: Server, seen: Reached) -> list[Finding]:
    """Return how far the standby is behind what is known of the primary, and say it."""
    ctx = primary.ctx
    newest = ctx.incident.newest_known.get(primary.name)
    has = f"{seen.committed_at:%Y-%m-%d %H:%M:%S} UTC" if seen.committed_at else "not known"
    ctx.log(f"{standby.name} has the log up to {format_lsn(seen.received)}; the newest commit applied: {has}.")
    if seen.received > seen.replayed:
        ctx.log(f"{seen.received - seen.replayed:,} bytes of it are not applied yet: promotion applies them first.")
    if newest is None or seen.committed_at is None:
        ctx.log("What is lost is not known: nobody has seen the newest commit of the primary.", "err")
        return []
    lost = max(0.0, (newest - seen.committed_at).total_seconds())
    ctx.log(f"The newest commit known of {primary.name}: {newest:%Y-%m-%d %H:%M:%S} UTC.")
    if seen.received > seen.replayed or lost < 1:
        return []
    text = f"lacks {rough_duration(lost)} of commits, up to the newest that was seen of {primary.name}"
    return [
        Finding(severity="warning", about=standby.name, text=text, cure="They stay in the old primary's data: keep it.")
    ]


def require_all_log(primary: Server, standby: Server, seen: Reached) -> None:
    """Stop where the archive has log that the standby lacks: promoted now, it would go without that.

    Raises:
        GateClosed: so it is, and nobody decided to go without.
    """
    try:
        end = archive_end(standby, seen.timeline)
    except CleoError as error:
        standby.ctx.log(f"Whether the archive has more log than {standby.name} is not known: {error.message}", "err")
        return
    if has_all(standby, seen, end):
        return
    cures = [
        Cure(words="Have it fetch that from the archive first.", action=ACTIVATE),
        Cure(words="Or promote it without that log.", override=BEHIND, cost="the commits in those segments"),
    ]
    message = (
        f"The archive has log up to {format_lsn(end.lsn)}, and {standby.name} only up to {format_lsn(seen.received)}."
    )
    decide(standby.ctx, GateClosed(BEHIND, message, cures=cures), "Promoted without log that the archive has")


def surprises(primary: Server, standby: Server, seen: Reached, slots: list[str] | None) -> list[Finding]:
    """Return what will be missing or otherwise after the promotion.

    Args:
        primary: the server whose place is taken.
        standby: the one that takes it.
        seen: how that one stands.
        slots: the primary's logical slots; None where nobody could see them.
    """
    return [*_wrong(primary, standby), *_slots(primary, slots), *_in_databases(standby), *_settings(standby, seen)]


def slots_at_fence(primary: Server) -> list[str] | None:
    """Return the logical slots that a primary had as it was fenced; None where nobody could see them."""
    record = FenceRecord.of(primary.ctx.files, primary.name)
    return record.slots if record else None


def _wrong(primary: Server, standby: Server) -> Iterator[Finding]:
    if found := primary.ctx.incident.found_wrong.get(primary.name):
        text = f"in {primary.name} something is wrong: {found}; whether it was replicated is not known"
        cure = "Verify it after the promotion, before users come; what is wrong in pages alone is not replicated."
        yield Finding(severity="warning", about=standby.name, text=text, cure=cure)


def _slots(primary: Server, slots: list[str] | None) -> Iterator[Finding]:
    about = SLOTS
    if slots is None:
        text = f"nobody could see which {primary.name} had; they are on no standby"
        yield Finding(severity="note", about=about, text=text, cure="Ask whoever reads changes (CDC) from it.")
    elif slots:
        text = f"{', '.join(slots)} of {primary.name}: they are on no standby, so their consumers miss what comes after"
        yield Finding(
            severity="warning", about=about, text=text, cure="Make them anew, and have each consumer read all again."
        )


def _in_databases(standby: Server) -> Iterator[Finding]:
    with connect_verified(standby, deadline_s=30) as session:
        names = [str(name) for (name,) in session.execute(_DATABASES).fetchall()]
        version = session.info.server_version
    for name in names:
        try:
            with connect_verified(standby, deadline_s=30, database=name) as session:
                unlogged = [str(row[0]) for row in session.execute(_UNLOGGED).fetchall()]
                differ = [str(row[0]) for row in session.execute(_COLLATIONS).fetchall()]
                if version >= _SINCE_15:
                    differ += [f"the database {row[0]}" for row in session.execute(_DATABASE_COLLATION).fetchall()]
        except CannotConnect as error:
            standby.ctx.log(f"{name} was not looked at: {error.message}", "err")
            continue
        if unlogged:
            text = f"{count(len(unlogged), 'unlogged table')} will be empty: {_some(unlogged)}"
            yield Finding(severity="warning", about=name, text=text, cure="That is expected: fill them again.")
        if differ:
            text = (
                f"collations are of another version on this host: {_some(differ)}; indexes on text may answer wrongly"
            )
            cure = "REINDEX what is ordered by them, then ALTER … REFRESH VERSION. Before users come."
            yield Finding(severity="warning", about=name, text=text, cure=cure)


def _settings(standby: Server, seen: Reached) -> Iterator[Finding]:
    if seen.synchronous:
        text = f"synchronous_standby_names is '{seen.synchronous}': if nobody fulfils that, each commit waits for ever"
        cure = "It is tried after the promotion."
        yield Finding(severity="note", about=standby.name, text=text, cure=cure)
    if seen.delay_s:
        text = f"it applies {rough_duration(seen.delay_s)} late on purpose; promotion applies all that it has at once"
        cure = "If it was kept late to undo a mistake: do not promote it, pause it."
        yield Finding(severity="warning", about=standby.name, text=text, cure=cure)
    if seen.paused:
        yield Finding(severity="note", about=standby.name, text="its replay is paused; promotion ends that")


def _some(names: list[str]) -> str:
    more = len(names) - _NAMED
    return f"{', '.join(names[:_NAMED])}{f' and {more} more' if more > 0 else ''}"
