"""What helps against a PostgreSQL server's failures, and what it costs, as far as this incident has measured that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from actions.outcome import ActionFailed, Cure, Settling
from actions.systems.postgres.causes import RESTORE, lead_of
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.pgbackrest.command import Backup, read_repository
from actions.systems.postgres.process import control, describe_data, postmaster
from actions.systems.postgres.restore_record import load_record
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified
from journal.errors import CleoError
from journal.plan.model import RECOVERY_POINT
from journal.wording.durations import rough_duration

if TYPE_CHECKING:
    import psycopg

    from actions.health import Health

APPLY_WAL, START, STOP = "postgres.apply_wal", "postgres.start", "postgres.stop"

_NOTHING_TO_START = {
    "missing": "no data directory",
    "there, but not a database": "no database in its data directory",
    "without a readable control file": "no readable control file",
}
NO_DATABASE = tuple(_NOTHING_TO_START)
"""What `describe_data` says of a data directory that cannot be started."""


def restore_cure(server: Server, words: str, *, backup: str = "", data: str = "") -> Cure:
    """Return the restore as what helps, with the minutes that it took before in this incident, and what it gives up.

    Args:
        server: the server. It must be known to be damaged, or to hold a restore that nobody uses yet.
        words: why it helps.
        backup: the label of the set to start from; empty: the newest sound one.
        data: what of the data it gives up, where that is known; else as the recovery point says.
    """
    params = {"backup": backup, "latest": False} if backup else {}
    cost = "; ".join([*_minutes(server), *([data] if data else _given_up(server))])
    return Cure(words=words, action=RESTORE, params=params, cost=cost)


def earlier_point(words: str) -> Cure:
    """Return an earlier recovery point as what helps."""
    return Cure(words=words, decision=RECOVERY_POINT, cost="what was committed after that point")


def known_cure(server: Server, words: str) -> list[Cure]:
    """Return what helps by the table of causes; nothing where the words are not in it."""
    lead = lead_of(words)
    if lead is None:
        return []
    if lead == RECOVERY_POINT:
        return [earlier_point(words)]
    return [restore_cure(server, words)] if lead == RESTORE else [Cure(words=words, action=lead)]


def standing_cures(server: Server, *, running: bool, data: str) -> list[Cure]:
    """Return the smallest cure of a server that is not there: to go on with its restore, or to start it.

    Args:
        server: the server.
        running: whether a process works in its data directory.
        data: what `describe_data` says of that.
    """
    if running:
        return []
    record = load_record(server)
    if record and record.state == "restoring":
        return [restore_cure(server, f"the restore of {server.name} from {record.backup} is half done")]
    if record and record.state in ("restored", "recovering"):
        words = f"{server.name} is restored from {record.backup}, and its log is not applied"
        return [Cure(words=words, action=APPLY_WAL)]
    if data in NO_DATABASE:
        return []
    words = f"{server.name} has no process, and its data directory can be started (control file: {data})"
    return [Cure(words=words, action=START)]


def use_of_start(server: Server, health: Health, *, running: bool, data: str) -> Settling:
    """Return whether a start (crash recovery) can be of use: not where it answers, nor where nothing can be started.

    Args:
        server: the server.
        health: as it was just measured; only a session that was had says that it answers.
        running, data: as in `standing_cures`.
    """
    if data in NO_DATABASE:
        words = _NOTHING_TO_START[data]
        return Settling(action=START, use="impossible", words=f"it still runs, but {words}" if running else words)
    if running and "role" in health.facts:
        return Settling(action=START, use="needless", words=f"{server.name} answers queries ({health.facts['role']})")
    record = load_record(server)
    if not running and record and record.state in ("restored", "recovering"):
        return Settling(action=START, use="impossible", words="it is restored, and its log is not applied")
    return Settling(action=START, use="open")


def cures_now(server: Server) -> list[Cure]:
    """Return what helps a server as it stands now; a restore only where it is down and cannot be started."""
    running, data, record = bool(postmaster(server)), describe_data(server), load_record(server)
    if not running and data in NO_DATABASE and (record is None or record.state == "recovered"):
        return [restore_cure(server, f"Restore it: its data directory is {data}.")]
    return standing_cures(server, running=running, data=data)


@contextmanager
def connect_or_help(server: Server) -> Iterator[psycopg.Connection[Any]]:
    """Open a verified session; where the server is down or still replays, say what helps.

    Raises:
        ActionFailed: it is down, or replays its log, and something is known to help.
        CannotConnect: there is no talking to it for another reason.
    """
    try:
        with connect_verified(server) as session:
            yield session
    except CannotConnect as error:
        helps = _against(server, error)
        if not helps:
            raise
        raise ActionFailed(error.message, left_behind="Nothing was changed.", cures=helps) from error


def _against(server: Server, error: CannotConnect) -> list[Cure]:
    if error.why == "refused":
        return cures_now(server)
    record = load_record(server) if error.why == "starting" else None
    if record is None or record.state != "recovering":
        return []
    return [Cure(words="Apply its log to the end first: that promotes it.", action=APPLY_WAL)]


def without_data(server: Server) -> list[Cure]:
    """Return what helps a server that still runs though its data directory is lost; nothing where that is there."""
    if control(server):
        return []
    words = f"It cannot live on without its data directory ({describe_data(server)}): stop it, then restore."
    return [Cure(words=words, action=STOP, cost="the sessions that are open end")]


def backup_before(server: Server, label: str) -> Backup | None:
    """Return the newest set that ended before another one and is not known to be damaged; None where there is none."""
    try:
        backups = read_repository(server).backups
    except CleoError as error:
        server.ctx.log(f"Which backups there are is not known: {error.message}", "err")
        return None
    damaged = {name for facts in server.ctx.incident.facts.values() for name in facts.get("damaged", ())}
    than = next((one.stopped_at for one in backups if one.label == label), None)
    sound = [one for one in backups if not one.error and one.label not in damaged]
    return max((one for one in sound if than and one.stopped_at < than), key=lambda one: one.stopped_at, default=None)


def _minutes(server: Server) -> list[str]:
    """Return how long the last restore of this incident took; nothing where there was none."""
    took = [facts["seconds"] for facts in server.ctx.incident.facts.values() if "passed_over" in facts]
    return [f"{rough_duration(took[-1])}, as the last restore took"] if took else []


def _given_up(server: Server) -> list[str]:
    given_up = server.ctx.incident.gives_up
    return [f"gives up {line}" for line in given_up] or ["what was committed after the recovery point"]
