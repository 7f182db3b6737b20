"""``postgres.pitr``: a backup and its log up to a point, as a side instance; and what tells of it and removes it."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.asked_instant import asked_instant
from actions.context import ActionContext
from actions.outcome import ActionFailed, Outcome
from actions.recovery_point import parse_point
from actions.side_instance import none_there
from actions.systems.postgres import SYSTEM
from actions.systems.postgres.identity import identity
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.side.ask import require_answers
from actions.systems.postgres.side.instance import make_side
from actions.systems.postgres.side.place import DISCARD, Side, load_side, side_root
from actions.systems.postgres.side.removal import remove_side
from journal.events.types import Identity
from journal.incident.recovery_point import RecoveryPoint

_SWITCH = (
    "To go back to it for good: decide on this point as the incident's recovery point; then postgres.restore and "
    "postgres.apply_wal lead there, with the old data kept. To bring back rows alone: postgres.selective_restore, "
    "postgres.user_restore."
)


def side_identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return what tells the server from every other, and where its side instance lies."""
    return [*identity(ctx), Identity(name="side instance", value=side_root(find_server(ctx)), known="reported")]


@action(
    "postgres.pitr",
    script="pitr_restore.sh",
    probe="postgres.pitr_state",
    resumable=True,
    touches=("side instance",),
    undone_by=DISCARD,
    target=side_identity,
    params={
        "timestamp": "everything that was committed before this instant; with its zone",
        "lsn": "instead: everything before this position of the log",
        "database": "this database alone (default: all)",
    },
)
def pitr(ctx: ActionContext, *, timestamp: str = "", lsn: str = "", database: str = "") -> Outcome:
    """Restore to a point in time, beside the real server.

    The newest backup before the point is restored into a directory of its own on the server's host, started there on a
    private socket and replayed up to the point. It archives nothing, and nobody else reaches it. The real server is not
    touched.

    Needs: backup and log from before the point; room for the backup and a tenth more beside the data directory or in
    `scratch_in`; pgBackRest and PostgreSQL's programs there.

    Leaves: the side instance (`….side`), running, until postgres.pitr_discard.

    Killed half way: it is gone on with, or made anew.
    """
    server = find_server(ctx)
    point = asked_point(server, timestamp, lsn, "postgres.pitr")
    side = make_side(server, point, database=database)
    if side is None:
        return Outcome(ok=True, summary=f"would restore {server.name} beside itself, to {point}")
    ctx.log(_SWITCH)
    return Outcome(
        ok=True,
        summary=f"A side instance stands {side.record}{side.databases}. Verify it: postgres.pitr_verify.",
        facts=_facts(side),
    )


@action("postgres.pitr_state", target=side_identity)
def pitr_state(ctx: ActionContext) -> Outcome:
    """Tell whether there is a side instance, and where it stands.

    Needs: its host.
    """
    server = find_server(ctx)
    side = load_side(server)
    if side is None:
        return none_there(server, server.name, side_root(server))
    record, pid = side.record, postmaster(side.server)
    if record.state == "ready" and pid:
        require_answers(side)
    runs = f"it runs (pid {pid})" if pid else "it does not run"
    state = f"stands {record}" if record.state == "ready" else f"is {record.state}, to {record.target}"
    whose = "" if record.incident == ctx.incident.id else f" (of incident {record.incident})"
    return Outcome(
        ok=record.state == "ready" and bool(pid),
        summary=f"The side instance of {server.name}{whose} {state}; {runs}.",
        facts=_facts(side),
    )


@action(DISCARD, probe="postgres.pitr_state", resumable=True, touches=("side instance",), target=side_identity)
def pitr_discard(ctx: ActionContext) -> Outcome:
    """Remove the side instance.

    Its server is ended, its directory removed; only what has the record of one.

    Needs: the right to remove it, as the server's account.

    Leaves: nothing of it. The real server, and rows that were brought back, stay as they are.

    Killed half way: the record goes last, so run again it removes the rest.
    """
    server = find_server(ctx)
    side, root = load_side(server), side_root(server)
    if side is None and not server.exists(root):
        return Outcome(ok=True, summary=f"There is no side instance of {server.name}.")
    whose = f" of incident {side.record.incident}, which stands {side.record}" if side else ""
    if not ctx.effect(f"end the side instance{whose}, and remove {root}"):
        return Outcome(ok=True, summary=f"would remove {root}")
    remove_side(server, side)
    return Outcome(ok=True, summary=f"The side instance is removed; {root} is gone.", facts={"side": "none"})


def asked_point(server: Server, timestamp: str, lsn: str, name: str) -> RecoveryPoint:
    """Return the point that was asked for.

    Args:
        server: the server.
        timestamp: an instant, as a person wrote it.
        lsn: a position of the log.
        name: the action that is asked, which is run again with the instant that was meant.

    Raises:
        ActionFailed: none was given, or the time may mean several instants: each is said in UTC.
    """
    if bool(timestamp) == bool(lsn):
        raise ActionFailed("Say where to: an instant, or a position.", "--timestamp 2026-11-22T14:30:00Z, or --lsn.")
    if lsn:
        return parse_point(server.name, SYSTEM, f"lsn:{lsn.removeprefix('lsn:')}")
    return RecoveryPoint(instant=asked_instant(timestamp, name, "timestamp"))


def _facts(side: Side) -> dict[str, object]:
    record = side.record
    return {
        "side": record.state,
        "backup": record.backup,
        "point": record.point,
        "last_before": record.last_before.isoformat() if record.last_before else None,
        "first_after": record.first_after.isoformat() if record.first_after else None,
        "seconds": record.seconds,
        "directory": side.root,
    }
