"""``postgres.rejoin`` and ``postgres.is_rejoined``: the old primary comes back as a standby of the new one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from actions.action import action
from actions.context import ActionContext
from actions.failover.cut_off import require_reached
from actions.failover.fence_record import forget
from actions.failover.standing import UNSEEN
from actions.gate import Closed
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.postgres import by_hand
from actions.systems.postgres.failover.divergence import Divergence, compare, position
from actions.systems.postgres.failover.fence import identity_of_fenced
from actions.systems.postgres.failover.following import asked, prove, require_way, way_to
from actions.systems.postgres.failover.rebuild import lost_settings, staged, swap
from actions.systems.postgres.failover.rejoin_record import RejoinRecord, forget_rejoin
from actions.systems.postgres.failover.standbys import choose
from actions.systems.postgres.failover.standing import FENCE, KIND, standing
from actions.systems.postgres.failover.way_back import begin, make
from actions.systems.postgres.fence_guard import UNFENCE
from actions.systems.postgres.hba import bar, barred_files, hba_file, unbar
from actions.systems.postgres.login_block import reload_files
from actions.systems.postgres.managers import managed_by
from actions.systems.postgres.patroni.gate import REBUILD
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.server import Server, find_server, server_of
from actions.systems.postgres.service import start_service, wait_until_up
from journal.events.types import Identity

_START_S = 600.0
_WHICH = "the inventory's name of the server that comes back, where it is aimed at a primary with several"
_NOTHING = "Nothing was changed."


def _old(ctx: ActionContext, name: str = "") -> Server:
    """Return the server that comes back: the one aimed at, or, of a primary, what stands by for it by now."""
    server = find_server(ctx)
    return server if server.settings.standby_of else choose(server, name or str(ctx.params.get("standby") or ""))


def old_identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return the identity of the server that comes back; of a host that cannot be reached, what the inventory says."""
    try:
        return identity_of_fenced(_old(ctx))
    except ActionFailed as error:
        ctx.log(error.message, "err")
        return identity_of_fenced(find_server(ctx))


def no_writer(ctx: ActionContext) -> Closed | None:
    """A gate: it is fenced, or stands by already. A server that may write is not rebuilt, whatever the reason."""
    server = _old(ctx)
    seen = standing(server)
    if seen.fenced or _is_standby(server):
        return None
    message = f"{server.name} is not fenced: {seen.words}. What it wrote meanwhile would be thrown away unseen."
    return Closed("fenced", message, "never", FENCE)


def not_by_patroni(ctx: ActionContext) -> Closed | None:
    """A gate: no cluster manager brings the server back on its own; Patroni copies it itself, paused or not."""
    return managed_by(_old(ctx), REBUILD, paused=False)


def _is_standby(server: Server) -> bool:
    """Whether it can only come up, or is up, as a standby."""
    try:
        if not server.exists(f"{server.data}/standby.signal"):
            return _is_swapped(server)
        return not postmaster(server) or bool((seen := asked(server)) and seen.recovering)
    except UNSEEN:
        return False


def _is_swapped(server: Server) -> bool:
    """Whether it was ended between the two renames: nothing lies there that could start."""
    record = RejoinRecord.of(server.ctx.files, server.name)
    return bool(record and record.copied and not server.exists(server.data))


@action(
    "postgres.rejoin",
    destructive=True,
    probe="postgres.is_rejoined",
    resumable=True,
    live={"fenced": no_writer, "managed": not_by_patroni},
    touches=("data directory",),
    target=old_identity,
    params={"copy": "copy the primary anew, also where its own data could go on or be rewound", "standby": _WHICH},
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
    server = _old(ctx, standby)
    require_reached(KIND.fenced(server), lambda: KIND.pid(server))
    primary = _primary(server)
    new = position(primary)
    if postmaster(server):
        return _finish(server, primary, RejoinRecord.of(ctx.files, server.name))
    record = RejoinRecord.of(ctx.files, server.name)
    if record is None or not record.copied:
        conninfo = way_to(primary, server)
        require_way(server, conninfo, new)
        found = compare(server, new)
        settings = lost_settings(server, primary)
        record = begin(server, primary, found, conninfo, whole=copy)
        if record is None:
            return Outcome(
                ok=True, summary=f"would bring {server.name} back", findings=[*found.findings(server, ""), *settings]
            )
        record = msgspec.structs.replace(make(server, primary, record, conninfo), copied=True)
        record.keep(ctx.files, server.name)
    else:
        found, settings = Divergence(True), []
        if not ctx.effect(f"start {server.name} as a standby of {primary.name}, as was begun"):
            return Outcome(ok=True, summary=f"would go on bringing {server.name} back")
    if record.way != "follow":
        swap(server, record.aside, record.spaces)
    _start(server)
    return _finish(server, primary, record, [*found.findings(server, record.aside), *settings])


@action("postgres.is_rejoined", target=old_identity, params={"standby": _WHICH})
def is_rejoined(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Tell whether the server is a standby that streams from its primary.

    Needs: its address, and its primary's.
    """
    server = _old(ctx, standby)
    new, seen = position(_primary(server)), asked(server)
    ok = bool(seen and seen.of(new))
    words = "follows" if ok else "does NOT follow"
    behind = f", {max(0, new.end - seen.replayed):,} bytes behind" if ok and seen else ""
    half = f"; {staged(server)} lies beside its data" if not ok and server.exists(staged(server)) else ""
    said = f"{server.name} {words} {server.settings.standby_of}{behind}{half}."
    return Outcome(ok=ok, summary=said, facts={"rejoined": ok})


def _primary(server: Server) -> Server:
    """Return whom it is to follow.

    Raises:
        ActionFailed: it follows nobody, by the inventory and by this incident.
    """
    if server.settings.standby_of:
        return server_of(server.ctx, server.settings.standby_of)
    raise ActionFailed(
        f"{server.name} is no standby of anybody, neither in the inventory nor since a failover of this incident.",
        "Promote another server first, or say in the inventory whom it is to follow (standby_of:).",
        left_behind=_NOTHING,
    )


def _start(server: Server) -> None:
    """Start it where the application is kept out until it is proven that it takes no writes."""
    if server.settings.app_roles and (hba := hba_file(server)):
        bar(server, hba)
    start_service(server, "start")
    wait_until_up(server, _START_S)


def _finish(
    server: Server, primary: Server, record: RejoinRecord | None, findings: list[Finding] | None = None
) -> Outcome:
    words = prove(server, primary)
    if not server.ctx.dry_run:
        for path in barred_files(server):
            unbar(server, path)
        reload_files(server)
        forget(server.ctx.files, server.name)
        forget_rejoin(server.ctx.files, server.name)
    kept = record.aside if record and record.aside and server.exists(f"{record.aside}/PG_VERSION") else ""
    aside = f"; its old data are in {kept}" if kept else ""
    return Outcome(
        ok=True,
        summary=f"{server.name} is a standby of {primary.name}: {words}; a write was refused{aside}.",
        facts={
            "rejoined": True,
            "lifts": UNFENCE,
            "lifts_at": server.name,
            **({"aside": kept} if kept else {}),
        },
        findings=[*(findings or []), *([_rewound(server)] if record and record.way == "rewind" else [])],
    )


def _rewound(server: Server) -> Finding:
    text = "its data were rewound: its own log told which pages differ, and they were not compared with the primary's"
    cure = f"Check them (postgres.verify --on {server.name}) before you promote it; p: copy makes a compared copy."
    return Finding(severity="note", about=server.name, text=text, cure=cure)
