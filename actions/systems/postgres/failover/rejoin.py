"""``postgres.rejoin`` and ``postgres.is_rejoined``: the old primary comes back as a standby of the new one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from actions.action import action
from actions.context import ActionContext
from actions.failover.rejoining import WHICH, Back, Coming, Rejoining
from actions.gate import Closed
from actions.outcome import Finding, Outcome
from actions.systems.postgres import by_hand
from actions.systems.postgres.failover.divergence import compare, position
from actions.systems.postgres.failover.fence import FENCING
from actions.systems.postgres.failover.following import asked, prove, require_way, way_to
from actions.systems.postgres.failover.rebuild import lost_settings, staged, swap
from actions.systems.postgres.failover.rejoin_record import RejoinRecord, forget_rejoin
from actions.systems.postgres.failover.way_back import choose_way, make
from actions.systems.postgres.hba import bar, barred_files, hba_file, unbar
from actions.systems.postgres.login_block import reload_files
from actions.systems.postgres.managers import managed_by
from actions.systems.postgres.patroni.gate import REBUILD
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.server import Server
from actions.systems.postgres.service import start_service, wait_until_up

_START_S = 600.0


class PostgresRejoining(Rejoining[Server]):
    """How a PostgreSQL server comes back."""

    fencing = FENCING
    unseen = "What it wrote meanwhile would be thrown away unseen."

    def managed(self, server: Server) -> Closed | None:
        """Return the cluster manager of a server; Patroni copies it itself, paused or not."""
        return managed_by(server, REBUILD, paused=False)

    def only_follows(self, server: Server) -> bool:
        """Whether it can only come up, or is up, as a standby."""
        if not server.exists(f"{server.data}/standby.signal"):
            return _is_swapped(server)
        return not postmaster(server) or bool((seen := asked(server)) and seen.recovering)

    def prepare(self, server: Server, *, whole: bool) -> Coming:
        """Look by which way it comes back; where it runs already, that is only proven."""
        primary = self.named(server)
        new, record = position(primary), RejoinRecord.of(server.ctx.files, server.name)
        if postmaster(server):
            return Coming("", lambda: None, lambda: _prove(server, primary, record))
        if record and record.copied:
            words = f"start {server.name} as a standby of {primary.name}, as was begun"
            return _coming(server, primary, words, record, lambda: record)
        conninfo = way_to(primary, server)
        require_way(server, conninfo, new)
        found = compare(server, new)
        settings = lost_settings(server, primary)
        wanted, words = choose_way(server, primary, found, conninfo, whole=whole)

        def made() -> RejoinRecord:
            wanted.keep(server.ctx.files, server.name)
            ready = msgspec.structs.replace(make(server, primary, wanted, conninfo), copied=True)
            ready.keep(server.ctx.files, server.name)
            return ready

        told = [*found.findings(server, "" if server.ctx.dry_run else wanted.aside), *settings]
        return _coming(server, primary, f"{words}; then start it as a standby", wanted, made, told)

    def follows(self, server: Server) -> tuple[bool, str]:
        """Return whether it streams from its primary's history."""
        new, seen = position(self.named(server)), asked(server)
        ok = bool(seen and seen.of(new))
        behind = f", {max(0, new.end - seen.replayed):,} bytes behind" if ok and seen else ""
        half = f"; {staged(server)} lies beside its data" if not ok and server.exists(staged(server)) else ""
        return ok, f"{'follows' if ok else 'does NOT follow'} {server.settings.standby_of}{behind}{half}"


REJOINING = PostgresRejoining()
no_writer = REJOINING.no_writer


def _is_swapped(server: Server) -> bool:
    """Whether it was ended between the two renames: nothing lies there that could start."""
    record = RejoinRecord.of(server.ctx.files, server.name)
    return bool(record and record.copied and not server.exists(server.data))


@action(
    "postgres.rejoin",
    destructive=True,
    probe="postgres.is_rejoined",
    resumable=True,
    live={"fenced": no_writer, "managed": REJOINING.unmanaged},
    touches=("data directory",),
    target=REJOINING.identity,
    params={"copy": "copy the primary anew, also where its own data could go on or be rewound", "standby": WHICH},
    by_hand=by_hand.rejoin,
)
def rejoin(ctx: ActionContext, *, copy: bool = False, standby: str = "") -> Outcome:
    """Bring a fenced old primary back as a standby of the new one.

    Says before which of its own transactions the new primary never got. Where there are none it goes on with its data.
    Else a clone of them is rewound (pg_rewind), where the file system shares blocks and little differs; or the primary
    is copied beside them and compared with its manifest. That takes their place; the old data, tablespaces too, are
    kept aside, and refuse to start. Proven: it streams from that primary's timeline, has all of its log, refuses a
    write.

    Needs: it fenced, its host answering; the primary up, a role that may replicate (`replication:` in the inventory,
    else as the primary followed its own); room for a copy, on every file system with a tablespace.

    Leaves: a standby that streams through a slot of its own (`cleo_NAME`); its fence lifted; the old data aside, until
    a person removes them.

    Killed half way: it is fenced still, or can only come up as a standby; run again, it goes on.
    """
    return REJOINING.rejoin(ctx, standby, whole=copy)


@action("postgres.is_rejoined", target=REJOINING.identity, params={"standby": WHICH})
def is_rejoined(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Tell whether the server is a standby that streams from its primary.

    Needs: its address, and its primary's.
    """
    return REJOINING.is_rejoined(ctx, standby)


def _coming(
    server: Server,
    primary: Server,
    words: str,
    record: RejoinRecord,
    made: Callable[[], RejoinRecord],
    told: Sequence[Finding] = (),
) -> Coming:
    """Return how it comes back once what its way wants is made."""
    way = [record]

    def go() -> None:
        way[0] = made()
        if way[0].way != "follow":
            swap(server, way[0].aside, way[0].spaces)
        _start(server)

    return Coming(words, go, lambda: _prove(server, primary, way[0]), told, begun=record.copied)


def _start(server: Server) -> None:
    """Start it where the application is kept out until it is proven that it takes no writes."""
    if server.settings.app_roles and (hba := hba_file(server)):
        bar(server, hba)
    start_service(server, "start")
    wait_until_up(server, _START_S)


def _prove(server: Server, primary: Server, record: RejoinRecord | None) -> Back:
    """Prove that it follows and takes no write, and only then let the application read from it."""
    words = prove(server, primary)
    if not server.ctx.dry_run:
        for path in barred_files(server):
            unbar(server, path)
        reload_files(server)
        forget_rejoin(server.ctx.files, server.name)
    kept = record.aside if record and record.aside and server.exists(f"{record.aside}/PG_VERSION") else ""
    aside = f"; its old data are in {kept}" if kept else ""
    return Back(
        f"is a standby of {primary.name}: {words}; a write was refused{aside}",
        [_rewound(server)] if record and record.way == "rewind" else [],
        {"aside": kept} if kept else {},
    )


def _rewound(server: Server) -> Finding:
    text = "its data were rewound: its own log told which pages differ, and they were not compared with the primary's"
    cure = f"Check them (postgres.verify --on {server.name}) before you promote it; p: copy makes a compared copy."
    return Finding(severity="note", about=server.name, text=text, cure=cure)
