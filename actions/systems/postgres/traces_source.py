"""Looks through a PostgreSQL cluster for an intruder's traces: the running one, and backups beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.credentials.own_login import vouched_for
from actions.intrusion.traces import Holding, Thing
from actions.outcome import ActionFailed, GateClosed
from actions.systems.postgres import traces
from actions.systems.postgres.command_lines import as_client, psql_words
from actions.systems.postgres.dropped import commits
from actions.systems.postgres.hba import BEGIN, END, config_file, hba_file
from actions.systems.postgres.pgbackrest.command import read_repository
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.side.ask import ask
from actions.systems.postgres.side.configuration import OWN_SETTINGS
from actions.systems.postgres.side.instance import make_side
from actions.systems.postgres.side.place import Side, load_side, side_root
from actions.systems.postgres.side.removal import remove_side
from actions.systems.postgres.verified_connection import connect_verified
from journal.incident.recovery_point import Position, RecoveryPoint

_BY_HAND = ("\\du", "\\df", "\\dy", "TABLE pg_hba_file_rules")
_DATABASES = "SELECT datname AS name FROM pg_database WHERE datallowconn ORDER BY datname"
_BLOCK = re.compile(rf"^{re.escape(BEGIN)}\n.*?^{re.escape(END)}\n", re.MULTILINE | re.DOTALL)
_ASK_S = 120.0
_AFTER = timedelta(microseconds=1)
_MOST = 200
"""Transactions that are looked for in the log at once: the first of them are the earliest."""
_LIVE = ("pg_hba.conf", "pg_ident.conf")


class PostgresTraces:
    """One cluster (`actions.intrusion.traces.TraceSource`)."""

    looked_for = traces.LOOKED_FOR
    not_looked_for = traces.NOT_LOOKED_FOR

    def now(self, ctx: ActionContext) -> Holding:
        """Return what the running server holds."""
        server = find_server(ctx)
        rows = partial(_rows, server)
        found = traces.things(rows, _databases(server, rows))
        texts, unseen = _configuration(server)
        return Holding(things=found | _in_files(texts), unseen=unseen)

    def at(self, ctx: ActionContext, point: datetime, backup: str = "") -> Holding:
        """Make an instance of its own at the point, look, and remove it."""
        server = find_server(ctx)
        if (left := load_side(server, "scan")) and left.record.incident != ctx.incident.id:
            remove_side(server, left, "scan")  # our own, which a killed run began, is gone on with
        try:
            return _held(_made(server, point, backup), point)
        finally:
            if (there := load_side(server, "scan")) and not ctx.cancelled:
                remove_side(server, there, "scan")

    def made_at(self, ctx: ActionContext, things: Mapping[str, Thing], since: datetime) -> Mapping[str, datetime]:
        """Return when the transactions committed that wrote them, as the log tells behind the backup before."""
        server = find_server(ctx)
        wanted = {name: thing.mark for name, thing in things.items() if thing.mark not in ("", "0", "1", "2")}
        before = [one for one in read_repository(server).backups if one.stopped_at <= since]
        if not wanted or not before:
            return {}
        transactions = sorted(set(wanted.values()), key=int)[:_MOST]
        awk = f"/ desc: COMMIT/ && / tx: +({'|'.join(transactions)}), lsn/"
        found = {one.xid: one.at for one in commits(server, before[-1].stop_lsn, awk)}
        return {name: found[mark] for name, mark in wanted.items() if mark in found}

    def vouched(self, ctx: ActionContext) -> Sequence[str]:
        """Return the inventory's roles."""
        settings = find_server(ctx).settings
        return [f"role {name}" for name in vouched_for(settings, settings.user, *settings.app_roles)]

    def place(self, ctx: ActionContext) -> str:
        """Return the directory of the instance that is looked through."""
        return side_root(find_server(ctx), "scan")

    def by_hand(self, known: ByHand) -> Sequence[CommandLine]:
        """Return what shows the running server's roles, code and rules; a backup has to be restored by hand."""
        settings = known.settings(PostgresSettings)
        argv = [*psql_words(settings), *(word for one in _BY_HAND for word in ("-c", one))]
        return [as_client(settings, *argv, what="And in a backup, restored beside it.")]

    def left(self, ctx: ActionContext) -> str:
        """Return whether one is there."""
        side = load_side(find_server(ctx), "scan")
        if side is None:
            return ""
        runs = "it runs" if postmaster(side.server) else "it does not run"
        return f"{side.root} ({side.record.state}; {runs}), of {side.record.incident}"


def _made(server: Server, point: datetime, backup: str) -> Side:
    """Make the instance at the point; where the archived log ends short of a backup's end, at that backup's end."""
    try:
        side = make_side(server, RecoveryPoint(instant=point), purpose="scan")
    except GateClosed:
        raise
    except ActionFailed as error:
        if not backup:
            raise
        server.ctx.log(f"Nothing leads just there ({error.message}): backup {backup} as it ended is looked through.")
        named = RecoveryPoint(positions={server.name: Position("backup", backup)})
        side = make_side(server, named, purpose="scan")
    if side is None:
        raise ActionFailed("A dry run restores nothing.")
    return side


def _rows(server: Server, sql: str, database: str) -> list[Mapping[str, Any]]:
    with connect_verified(server, deadline_s=_ASK_S, database=database) as session:
        row = session.execute(f"SELECT coalesce(json_agg(row_to_json(found)), '[]') FROM ({sql}) found".encode())
        found: list[Mapping[str, Any]] = (row.fetchone() or ([],))[0]
    return found


def _databases(server: Server, rows: traces.Ask) -> list[str]:
    """Return all databases, the inventory's first."""
    first = server.settings.database
    names = [str(row["name"]) for row in rows(_DATABASES, first)]
    return sorted(names, key=lambda name: name != first)


def _configuration(server: Server) -> tuple[dict[str, str], list[str]]:
    """Return the running server's files by their names, without what a restore keeps; and what was not read."""
    data, unseen = server.data, []
    outside = [path for path in (hba_file(server), config_file(server)) if path and not path.startswith(f"{data}/")]
    if outside:
        unseen.append(f"{', '.join(outside)}: outside of the data directory, so no backup has it and it stays")
    return _files(server, data), unseen


def _files(server: Server, data: str, auto: str = "") -> dict[str, str]:
    names = ("pg_hba.conf", "pg_ident.conf", "postgresql.conf", "postgresql.auto.conf")
    texts = {name: server.read(f"{data}/{name}") or "" for name in names}
    return texts | ({"postgresql.auto.conf": server.read(auto) or ""} if auto else {})


def _in_files(texts: Mapping[str, str]) -> dict[str, Thing]:
    found = traces.settings(texts["postgresql.conf"], texts["postgresql.auto.conf"])
    for name in _LIVE:
        found |= traces.rules(_BLOCK.sub("", texts[name]), name)
    return found


def _held(side: Side, point: datetime) -> Holding:
    def rows(sql: str, database: str) -> Sequence[Mapping[str, Any]]:
        return ask(side, sql, database, timeout_s=_ASK_S)

    first = side.of.settings.database
    names = [str(row["name"]) for row in rows(_DATABASES, "postgres")]
    found = traces.things(rows, sorted(names, key=lambda name: name != first))
    texts = _files(side.of, f"{side.root}/data", f"{side.root}/{OWN_SETTINGS}")
    until = max(point, side.record.first_after or point)  # a point is before what was committed at its instant
    since = min(point, side.record.last_before + _AFTER) if side.record.last_before else point
    return Holding(things=found | _in_files(texts), backup=side.record.backup, since=since, until=until)


def source() -> PostgresTraces:
    """Return how a cluster is looked through."""
    return PostgresTraces()
