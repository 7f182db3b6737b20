"""``postgres.activate_standby`` and ``postgres.is_activated``: a warm standby has all the log that is archived.

A warm standby follows nobody: it is down, or replays what is archived. Before it is promoted it is brought to the end
of the archive. What is not archived is lost with it.
"""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.failover.latest import require_latest
from actions.outcome import ActionFailed, Cure, Outcome
from actions.systems.postgres import by_hand
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.failover.archive_end import ArchiveEnd, archive_end
from actions.systems.postgres.failover.catch_up import catch_up, has_all
from actions.systems.postgres.failover.left_log import archive_left, left_log, still_left
from actions.systems.postgres.failover.promote import standby_identity, standby_unmanaged
from actions.systems.postgres.failover.standbys import Reached, choose_next, late, reached
from actions.systems.postgres.failover.standing import standing
from actions.systems.postgres.failover.told import ACTIVATE, lag
from actions.systems.postgres.failover.warm import Missing, configure, lacking, require_standby
from actions.systems.postgres.fence_guard import require_not_fenced
from actions.systems.postgres.hba import bar, hba_file
from actions.systems.postgres.process import control, postmaster
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.service import start_service, stop_service, wait_until_up
from actions.systems.postgres.start_stop import require_nobody_answers
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import format_lsn
from journal.wording.instants import utc

_WHICH = "the inventory's name of the standby, where it has several"
_UP_S = 3600.0
_STOP_S = 300.0


@action(
    ACTIVATE,
    probe="postgres.is_activated",
    resumable=True,
    gates=("strategy",),
    live={"managed": standby_unmanaged},
    touches=("data directory",),
    target=standby_identity,
    params={"standby": _WHICH},
    by_hand=by_hand.activate_standby,
)
def activate_standby(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Bring a warm standby to the newest log that is archived.

    Starts it where it is down, as a standby and as nothing else, with the application kept out; has it fetch the log
    from the archive where it does not, and waits until it has applied all that is there. Says up to which commit that
    is, and what is lost at most. A standby that streams, and has all of it, is left as it is. Where the old primary is
    down and its host answers, the whole segments that wait there are archived first; what else it has is said.

    Needs: a standby's data on its host; the archive within its reach; recovery to the latest. The old primary fenced:
    what it still commits is archived later, or never.

    Leaves: a standby that runs, with all that is archived; restore_command in its postgresql.auto.conf, where it had
    none; the application kept out, where it was started. It is promoted by postgres.promote.

    Killed half way: it goes on replaying, and stays a standby; run again, it is followed to the end.
    """
    primary = find_server(ctx)
    server = choose_next(primary, standby)
    require_latest(ctx, primary.name)
    running = bool(postmaster(server))
    if not running:
        require_standby(server)
        require_not_fenced(server)
    missing = lacking(server, running=running)
    begin = _where(server, running=running)
    archive_left(primary, left_log(primary, begin.received))
    end = archive_end(server, begin.timeline)
    _say(primary, server, begin, end)
    if running and not missing and has_all(server, begin, end):
        return _told(primary, server, end, "has")
    words = f"bring {server.name} from {format_lsn(begin.received)} to {format_lsn(end.lsn)}, the end of the archive"
    if not ctx.effect(f"{_first(server, missing, running=running)}{words}"):
        return Outcome(ok=True, summary=f"would {words}")
    if missing:
        configure(server, missing)
    if not running or missing.restart:
        _start(server, running=running)
    catch_up(server, begin.received)
    return _told(primary, server, archive_end(server, _seen(server).timeline), "was brought to")


@action("postgres.is_activated", target=standby_identity, params={"standby": _WHICH})
def is_activated(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Tell how far the standby is behind what is archived (only looks).

    Needs: the standby's host, and the archive.
    """
    primary = find_server(ctx)
    server = choose_next(primary, standby)
    running = bool(postmaster(server))
    at = _where(server, running=running)
    end = archive_end(server, at.timeline)
    missing = max(0, end.lsn - at.received)
    ok = running and has_all(server, at, end)
    words = "has all that is archived" if ok else f"lacks up to {missing:,} bytes of the log that is archived"
    state = "" if running else ", and is down"
    newest = f"; its newest commit: {utc(at.committed_at)}" if at.committed_at else ""
    facts = {"activated": ok, "behind_bytes": missing}
    return Outcome(ok=ok, summary=f"{server.name} {words}{state}{newest}.", facts=facts)


def _where(server: Server, *, running: bool) -> Reached:
    """Return how far a standby came; of one that cannot be asked, what its control file tells: at least that far."""
    if running:
        try:
            return _seen(server)
        except CannotConnect as error:
            server.ctx.log(f"{server.name} cannot be asked, its control file tells less: {error.message}")
    found = control(server)
    if found is None:
        raise ActionFailed(f"{server.data} of {server.name} has no readable control file.")
    at = max(found.redo, found.consistent_at)
    return Reached(True, at, at, None, paused=False, delay_s=0.0, synchronous="", timeline=found.timeline)


def _seen(server: Server) -> Reached:
    with connect_verified(server, deadline_s=30) as session:
        seen = reached(session)
    if not seen.in_recovery:
        raise ActionFailed(
            f"{server.name} is a primary already.",
            left_behind="Nothing was changed.",
            cures=[Cure(words="See whether this incident promoted it.", action="postgres.is_promoted")],
        )
    if seen.delay_s:
        raise ActionFailed(
            f"{server.name} {late(seen)}: it is no warm standby.",
            "Keep it, or take its delay away first: ALTER SYSTEM SET recovery_min_apply_delay = 0, and reload.",
            left_behind="Nothing was changed.",
        )
    return seen


def _say(primary: Server, server: Server, at: Reached, end: ArchiveEnd) -> None:
    behind = max(0, end.lsn - at.received)
    server.ctx.log(
        f"The archive has log up to {format_lsn(end.lsn)} (segment {end.segment}); {server.name} lacks up to "
        f"{behind:,} bytes of it."
    )
    if not (seen := standing(primary)).fenced:
        server.ctx.log(f"{primary.name} is not proven to be fenced ({seen.words}): what it commits comes later.", "err")


def _first(server: Server, missing: Missing, *, running: bool) -> str:
    said = f"write {missing.words} into the configuration of {server.name}, " if missing else ""
    if not running:
        return f"{said}start {server.name} as a standby, with the application kept out, and "
    return f"{said}restart it, and " if missing.restart else f"{said}and " if said else ""


def _start(server: Server, *, running: bool) -> None:
    if running:
        stop_service(server, "stop", immediate=False, timeout_s=_STOP_S)
    else:
        require_nobody_answers(server)
    if server.settings.app_roles and (hba := hba_file(server)):
        bar(server, hba)
    start_service(server, "start")
    wait_until_up(server, _UP_S)


def _told(primary: Server, server: Server, end: ArchiveEnd, how: str) -> Outcome:
    """Say what the standby has, and what is lost at most if it is promoted now."""
    seen = _seen(server)
    at, newest = seen.committed_at, primary.ctx.incident.newest_known.get(primary.name)
    findings = [*lag(primary, server, seen), *still_left(primary, seen.received)]
    if newest is None or at is None:
        bound = "what is lost is not known: nobody has seen the newest commit"
    else:
        lost = max(0.0, (newest - at).total_seconds())
        bound = f"lost is what was committed after that: {lost:.0f} s up to the newest that was seen of {primary.name}"
    commit = f", newest commit {utc(at)}" if at else ""
    return Outcome(
        ok=True,
        summary=f"{server.name} {how} the end of the archive ({format_lsn(seen.received)}){commit}; {bound}.",
        facts={"activated": True, "segment": end.segment, "stands_at": at.isoformat() if at else None},
        findings=findings,
    )
