"""``postgres.drill``: restores the newest backup into an instance of its own, verifies and measures it, removes it.

A backup that was never restored is a hope. What a drill came to is written beside the backup.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from actions.action import action
from actions.backups.drill.elsewhere import PARAMS, Way, drill_identity, drill_leftover, drilled
from actions.backups.drill.outcome import leave_drill, loss_words, lost_seconds
from actions.backups.drill.place import newest_now
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cancelled, Finding, Outcome
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.heartbeat import measure
from actions.systems.postgres.identity import identity
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.side.contents import read_side
from actions.systems.postgres.side.drill_elsewhere import fit, require_folder, write_configuration
from actions.systems.postgres.side.instance import make_side
from actions.systems.postgres.side.place import Side, load_side, side_root
from actions.systems.postgres.side.removal import remove_side
from actions.systems.postgres.side.verify import compare_with_manifest, not_compared, structures
from actions.systems.postgres.verified_connection import connect_verified
from journal.errors import CleoError
from journal.events.types import Identity
from journal.incident.recovery_point import RecoveryPoint
from journal.wording.counting import count
from journal.wording.durations import exact_duration

_ABANDONED = timedelta(hours=12)
"""After so long a drill of another machine is taken for one that died."""


def target(ctx: ActionContext) -> Sequence[Identity]:
    """Return what tells the server from every other, and where its drill instance lies."""
    return drill_identity(ctx, _beside)


def _beside(ctx: ActionContext) -> Sequence[Identity]:
    place = side_root(find_server(ctx), "drill")
    return [*identity(ctx), Identity(name="drill instance", value=place, known="reported")]


@action("postgres.drill_left", target=target, params=PARAMS)
def drill_left(ctx: ActionContext, *, source: str = "", on: str = "") -> Outcome:
    """Tell whether a drill left its instance.

    Needs: its host.
    """
    return drill_leftover(ctx, source=source, on=on, beside=lambda: _left(ctx))


def _left(ctx: ActionContext) -> Outcome:
    server = find_server(ctx)
    left, place = load_side(server, "drill"), side_root(server, "drill")
    if left is None:
        return Outcome(ok=True, summary=f"No drill left anything in {place}.")
    runs = "it runs" if postmaster(left.server) else "it does not run"
    words = f"The drill of {left.record.incident} left {place} ({left.record.state}; {runs}): the next one removes it."
    return Outcome(ok=False, summary=words)


@action(
    "postgres.drill",
    probe="postgres.drill_left",
    resumable=True,
    touches=("drill instance",),
    target=target,
    params=PARAMS,
)
def drill(ctx: ActionContext, *, source: str = "", on: str = "") -> Outcome:
    """Restore the newest backup into a scratch instance, verify it, and remove it.

    The real server is not touched: the instance lies in a directory of its own (`….drill`), on a private socket, and
    archives nothing. It is replayed to the end of what is archived, as if the real server were lost now; how long that
    took and what would be lost is measured.

    Needs: room for half as much again as the backup; pgBackRest and PostgreSQL's programs on the server's host.

    Leaves: a note beside the backup of what came of it (`restored-<time>.json`).

    Killed half way: `….drill` is left, perhaps running; the next drill removes it.
    """
    return drilled(ctx, WAY, source=source, on=on)


def _restore(ctx: ActionContext) -> Outcome:
    server = find_server(ctx)
    _clear(server)
    now = newest_now(ctx, lambda real: _newest_commit(find_server(real)))
    try:
        side = make_side(server, RecoveryPoint(latest=True), purpose="drill")
        if side is None:
            return Outcome(ok=True, summary="would restore the newest backup, verify it, and remove it again")
        outcome = _judged(side, now, *_findings(side))
        _leave(side, outcome)
    except Cancelled as error:
        place = side_root(server, "drill")
        raise Cancelled(f"{place} is left; the next drill removes it.") from error
    except CleoError as error:
        _failed(server, error)
        raise
    remove_side(server, side, "drill")
    return outcome


def _clear(server: Server) -> None:
    """Remove what an earlier drill left.

    Raises:
        ActionFailed: it is another machine's, and may still be at work.
    """
    left = load_side(server, "drill")
    if left is None or left.record.incident == server.ctx.incident.id:
        return
    made = left.record.begun_at
    theirs = left.record.console != socket.gethostname()  # of ours, the claim on the target lets one drill in
    if theirs and postmaster(left.server) and datetime.now(UTC) - made < _ABANDONED:
        raise ActionFailed(
            f"A drill of {left.record.console} ({left.record.incident}) is at work here, since {made:%H:%M:%S} UTC.",
            "Wait for its end.",
        )
    if server.ctx.effect(f"remove what the drill of {left.record.incident} left in {left.root}"):
        remove_side(server, left, "drill")


def _newest_commit(server: Server) -> datetime | None:
    """Return the real server's newest commit as the drill begins; None where nobody can tell."""
    try:
        with connect_verified(server, deadline_s=30) as session:
            return measure(session, server.settings).newest_commit_at
    except CannotConnect as error:
        server.ctx.log(f"What would be lost is not measured: {error.message}", "err")
        return None


def _findings(side: Side) -> tuple[list[Finding], str]:
    """Return what is wrong with what came back, and that and why it was compared with nothing; empty: it was."""
    found = structures(side)
    then = read_side(side)
    compared = compare_with_manifest(side, then)
    rows = count(sum(1 for _ in then.relations()), "relation")
    uncompared = not_compared(side, compared)
    said = uncompared or f"{compared.tally()['same']} as in the backup's manifest"
    side.of.ctx.log(f"{rows} read to the end; {said}.")
    return found + [one for one in compared.findings(side.of.name) if one.severity != "note"], uncompared


def _judged(side: Side, now: datetime | None, findings: list[Finding], uncompared: str) -> Outcome:
    record = side.record
    lost = lost_seconds(now, record.last_before)
    bad = [one for one in findings if one.severity == "wrong" or one.about == "structure"]
    state = f"{count(len(bad), 'thing')} damaged in it" if bad else "sound"
    state = f"{state}, {uncompared}" if uncompared else state
    loss = loss_words(lost, "commits")
    words = f"Backup {record.backup} was restored in {exact_duration(record.seconds)}: {state}; {loss}."
    facts = {"drill": record.backup, "drill_s": record.seconds, "drill_lost_s": lost}
    gentle = [Finding(severity="warning", about=one.about, text=one.text, cure=one.cure) for one in findings]
    return Outcome(ok=not bad, summary=words, facts=facts, findings=gentle)


def _leave(side: Side, outcome: Outcome) -> None:
    """Write beside the backup what the drill came to."""
    record, lost = side.record, outcome.facts["drill_lost_s"]
    words, seconds = outcome.summary, record.seconds
    leave_drill(side.of.ctx, record.backup, ok=outcome.ok, words=words, seconds=seconds, lost_s=lost)


def _failed(server: Server, error: CleoError) -> None:
    """Write down that the backup could not be restored, and remove what there is of it."""
    side = load_side(server, "drill")
    if side is None or side.record.incident != server.ctx.incident.id or server.ctx.dry_run:
        return
    words = f"It could not be restored: {error.message}"
    leave_drill(server.ctx, side.record.backup, ok=False, words=words)
    remove_side(server, side, "drill")


def _end(ctx: ActionContext) -> None:
    """End and remove an instance that a drill left where this one works."""
    server = find_server(ctx)
    if left := load_side(server, "drill"):
        remove_side(server, left, "drill")


WAY = Way(
    restore=_restore,
    fit=fit,
    owner=lambda settings: str(settings.run_as),
    require=require_folder,
    ready=write_configuration,
    clear=_end,
)
"""How a drill elsewhere tries PostgreSQL."""
