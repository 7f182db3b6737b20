"""What an old primary's data have that the new primary never got, told by both of their logs."""

from __future__ import annotations

import re
from typing import NamedTuple

from actions.outcome import Finding
from actions.systems.postgres.cures import NO_DATABASE
from actions.systems.postgres.process import control, describe_data
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import format_lsn, parse_history
from journal.wording.counting import count

_COMMIT = re.compile(r"desc: COMMIT (?:PREPARED )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_WALDUMP_S = 600.0
_WHERE = """
    SELECT system_identifier::text, pg_current_wal_lsn() - '0/0', left(pg_walfile_name(pg_current_wal_lsn()), 8),
           pg_read_file('pg_wal/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '.history', 0, 1000000, true)
    FROM pg_control_system()
"""
"""The history is read as it lies there: timeline 1 has none."""


class Position(NamedTuple):
    """Where a primary is: its cluster, its timeline, the end of its log in bytes, and its history."""

    cluster: str
    timeline: int
    end: int
    history: str


class Divergence(NamedTuple):
    """How an old primary's log and the new one's part.

    Attributes:
        same: its data can go on as they are: all of their log is in the new one's history.
        fork: where the new primary's history left it, in bytes; -1: nobody can tell.
        commits: how many transactions it committed after that; None: nobody can tell.
        span: from when to when, in words.
        lost: nothing is left of its data.
    """

    same: bool
    fork: int = -1
    commits: int | None = None
    span: str = ""
    lost: bool = False

    def findings(self, server: Server, kept: str) -> list[Finding]:
        """Return what is thrown away, and where it is kept."""
        about = server.name
        if self.same or self.commits == 0:
            return []
        if self.lost:
            text = "its data are lost, and with them whatever the new primary never got of it"
            return [Finding(severity="warning", about=about, text=text)]
        if self.commits is None:
            text = "how many of its transactions the new primary never got is not known: its log does not tell"
        else:
            were = count(self.commits, "transaction")
            text = f"{were} of its own after {format_lsn(self.fork)} never reached the new primary{self.span}"
        cure = f"They stay in {kept}: look there for what users miss, before you remove it." if kept else ""
        return [Finding(severity="warning", about=about, text=text, cure=cure)]


def position(primary: Server) -> Position:
    """Ask a primary where it is.

    Raises:
        CannotConnect: it cannot be asked.
    """
    with connect_verified(primary, deadline_s=30) as session:
        row = session.execute(_WHERE).fetchone()
    cluster, end, timeline, history = row or ("", 0, "0", "")
    return Position(str(cluster), int(timeline, 16), int(end), str(history or ""))


def compare(server: Server, new: Position) -> Divergence:
    """Compare a server that is down with the primary that it is to follow. Changes nothing."""
    own = control(server)
    if own is None and describe_data(server) in NO_DATABASE:
        return Divergence(False, lost=True)
    if own is None or own.system_identifier != new.cluster:
        return Divergence(False)
    forks = {fork.timeline: fork.lsn for fork in parse_history(new.history)}
    if own.timeline == new.timeline:
        return Divergence(own.state == "shut down in recovery" and own.redo <= new.end)
    if (fork := forks.get(own.timeline, -1)) < 0:
        return Divergence(False)
    if own.state.startswith("shut down") and own.redo < fork:
        return Divergence(True, fork, 0)  # the checkpoint at its shutdown is its last record, and lies before the fork
    return _counted(server, own.timeline, fork)


def _counted(server: Server, timeline: int, fork: int) -> Divergence:
    where = ["-p", f"{server.data}/pg_wal", "-t", str(timeline), "-s", format_lsn(fork)]
    argv = [server.program("pg_waldump"), *where, "-r", "Transaction"]
    done = server.query(argv, timeout_s=_WALDUMP_S)
    found = _COMMIT.findall(done.out)
    if not found and done.code != 0 and "could not f" in done.err and "invalid record" not in done.err:
        server.ctx.log(f"Its own log from {format_lsn(fork)} on cannot be read: {done.err.strip()}", "err")
        return Divergence(False, fork)
    span = f" ({found[0]} to {found[-1]})" if found else ""
    return Divergence(False, fork, len(found), span)
