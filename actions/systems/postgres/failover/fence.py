"""``postgres.fence`` and ``postgres.is_fenced``: an old primary cannot write, whoever starts it."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.context import ActionContext
from actions.failover.fence_record import FenceRecord
from actions.failover.means import (
    DEVICES,
    NOTHING,
    by_device,
    choose_means,
    on_a_word,
    require_not_the_new_one,
)
from actions.failover.standing import UNSEEN
from actions.gate import Closed
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.postgres import by_hand
from actions.systems.postgres.cures import NO_DATABASE
from actions.systems.postgres.failover.slots import logical_slots
from actions.systems.postgres.failover.standing import FENCE, answers, fenced, followers, receiving, standing
from actions.systems.postgres.fence_guard import UNFENCE, put, refused, stands
from actions.systems.postgres.identity import identity_of
from actions.systems.postgres.last_commit import last_of
from actions.systems.postgres.managers import managed_by
from actions.systems.postgres.patroni.gate import SWITCH_OVER
from actions.systems.postgres.process import describe_data, postmaster
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.shutdown import stop_server
from actions.systems.postgres.start_stop import seen_before
from actions.systems.postgres.verified_connection import connect_verified
from journal.errors import CleoError
from journal.events.measured import Measured
from journal.events.types import Identity


def unmanaged_if_seen(ctx: ActionContext) -> Closed | None:
    """A gate: nobody brings the server back on their own. Of a host that is gone nobody can tell: power ends both."""
    try:
        return managed_by(find_server(ctx), SWITCH_OVER)
    except UNSEEN:
        return None


def fence_identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return the server's identity; of a host that cannot be reached, what the inventory says.

    What is typed is the same in both cases: the fence that stands is lifted by the same word.
    """
    return identity_of_fenced(find_server(ctx))


def identity_of_fenced(server: Server) -> Sequence[Identity]:
    """Return the same of a server that the run need not be aimed at."""
    word = f"{server.name}@{server.host}"
    try:
        return [Identity(name="confirm", value=word, known="reported"), *identity_of(server)[1:]]
    except UNSEEN as error:
        server.ctx.log(f"Its host cannot be asked who it is: {error.message}", "err")
    return [
        Identity(name="confirm", value=word, known="unknown"),
        Identity(name="host", value=server.host, known="unknown"),
        Identity(name="data directory", value=server.data, known="unknown"),
    ]


@action(
    FENCE,
    destructive=True,
    probe="postgres.is_fenced",
    resumable=True,
    live={"managed": unmanaged_if_seen},
    touches=("data directory",),
    undone_by=UNFENCE,
    target=fence_identity,
    params={
        "by": "service, power or network (else as was decided, where the inventory has that; else service)",
        "immediate": "do not wait for sessions and a checkpoint; the last commits may not reach the standby",
    },
    by_hand=by_hand.fence,
)
def fence(ctx: ActionContext, *, by: str = "", immediate: bool = False) -> Outcome:
    """Make sure that the old primary cannot write.

    By its service: it is stopped on its host, and a line in its own configuration has every later start refused, also
    after a reboot; that is tried. By power or network: the inventory's commands, until the device says so.
    A host that cannot be reached is not fenced.

    Needs: its host, as the server's account; or `fence` in the inventory.

    Leaves: the server down, and `cleo_fenced` in its postgresql.auto.conf, until postgres.unfence takes that out; how
    it was fenced, in the incident's files.

    Killed half way: the line may stand and the server run on; postgres.is_fenced tells. Run it again.
    """
    server = find_server(ctx)
    _require_old(server)
    means = choose_means(fenced(server), by)
    if means in DEVICES:
        return by_device(fenced(server), means, lambda: _guard_if_seen(server), lambda: answers(server))
    try:
        pid = postmaster(server)
    except UNSEEN as error:
        server.ctx.log(f"{server.host} cannot be reached: {error.message}", "err")
        return on_a_word(fenced(server), standing(server))
    return by_service(server, pid, immediate=immediate)


@action("postgres.is_fenced", target=fence_identity)
def is_fenced(ctx: ActionContext) -> Outcome:
    """Tell whether the server is fenced: its host, its address, its standbys and its power are looked at.

    Needs: what can be reached of these.
    """
    server = find_server(ctx)
    seen = standing(server)
    word = "is fenced" if seen.fenced else "is NOT fenced"
    return Outcome(ok=seen.fenced, summary=f"{server.name} {word}: {seen.words}.", facts={"fenced": seen.fenced})


def _require_old(server: Server) -> None:
    """Stop at what is no old primary: who took over in this incident, and who follows another one.

    Raises:
        GateClosed: it took over, and nobody decided to fence it all the same.
        ActionFailed: it follows another one, and writes nothing.
    """
    require_not_the_new_one(fenced(server))
    if not server.settings.standby_of or not _follows(server):
        return
    raise ActionFailed(
        f"{server.name} is a standby of {server.settings.standby_of}, and takes no writes.",
        f"Fence {server.settings.standby_of}, if that is meant: --on {server.settings.standby_of}.",
        left_behind=NOTHING,
    )


def _follows(server: Server) -> bool:
    try:
        return server.exists(f"{server.data}/standby.signal")
    except UNSEEN:
        return False


def by_service(server: Server, pid: int | None, *, immediate: bool) -> Outcome:
    """Have every start of a server refused, stop it, and try that.

    Args:
        server: the server.
        pid: its process; None: it is down.
        immediate: do not wait for sessions and a checkpoint.

    Raises:
        ActionFailed: it goes on, would start again, or somebody answers at its address.
    """
    data = describe_data(server)
    empty = data in NO_DATABASE
    slots, before = logical_slots(server, running=bool(pid)), seen_before(server) if pid else Measured()
    stood = not empty and stands(server)
    words = (
        "" if empty or stood else f"have every start of {server.name} refused, by a line in its postgresql.auto.conf"
    )
    stop = f"stop it (pid {pid}, mode {'immediate' if immediate else 'fast'})" if pid else ""
    if not server.ctx.effect(
        ", and ".join(part for part in (words, stop) if part) or f"look that {server.name} is down"
    ):
        return Outcome(ok=True, summary=f"would fence {server.name} by its service")
    if not empty:
        put(server, _why(server))
    if pid:
        _stop(server, pid, immediate=immediate)
    if not empty and not refused(server):
        raise ActionFailed(
            f"{server.name} is down, and its configuration would still let it start.",
            "See that its postgresql.auto.conf is the one that counts, or fence it by power.",
            left_behind="The server is down; it is not fenced.",
        )
    _require_silence(server)
    FenceRecord(means="service", guarded=not empty, slots=slots).keep(server.ctx.files, server.name)
    measured = last_of(server, before) if pid or not empty else before
    still = "" if pid or not stood else "already "
    return Outcome(
        ok=True,
        summary=f"{server.name} is {still}fenced: {_now(data, empty=empty)}; nothing of it is heard at its address"
        f"{' or by its standby' if followers(server) else ''}.",
        facts={"fenced_by": "service", **measured.facts()},
        findings=_nothing_left(server, data) if empty else [],
    )


def _now(data: str, *, empty: bool) -> str:
    return f"it is down, its data directory is {data}" if empty else "it is down, and refuses to start (tried)"


def _nothing_left(server: Server, data: str) -> list[Finding]:
    text = f"its data directory is {data}: nothing keeps it from starting, should that be a disk that is not mounted"
    return [Finding(severity="warning", about=server.name, text=text, cure="Once it is mounted, fence it again.")]


def _stop(server: Server, pid: int, *, immediate: bool) -> None:
    try:
        stop_server(server, pid, immediate=immediate)
    except ActionFailed as error:
        again = Cure(
            words="Stop it without waiting: what it has not sent to its standby is lost there, and stays in its data.",
            action=FENCE,
            params={"immediate": True},
        )
        power = [Cure(words="Or fence it by its power.", action=FENCE, params={"by": "power"})]
        cures = [] if immediate else [again]
        cures += power if server.settings.fence.power else [Cure(words="Or have its host powered off by hand.")]
        left = "Every start is refused from now on; the server still runs, and is NOT fenced."
        raise ActionFailed(error.message, left_behind=left, cures=cures) from error


def _require_silence(server: Server) -> None:
    """Look from elsewhere: at its address nobody takes writes, and its standbys hear nothing of it."""
    if seen := answers(server):
        raise ActionFailed(
            f"{server.name} was stopped on {server.host}, and {seen.words}: another server has its address, or the "
            "inventory names the wrong host.",
            "Find who answers there before anything is promoted.",
            left_behind="What was stopped is down and refuses to start; who answers is NOT fenced.",
        )
    if said := receiving(server, within_s=1.0):
        server.ctx.log(f"{said}: then that follows another server by now.", "err")


def _guard_if_seen(server: Server) -> FenceRecord:
    """Have later starts refused where its host still answers: a fence from outside ends when it is taken back."""
    try:
        slots = logical_slots(server, running=bool(postmaster(server)))
        put(server, _why(server))
        return FenceRecord(means="service", guarded=bool(refused(server)), slots=slots)
    except CleoError as error:
        server.ctx.log(f"Its configuration cannot be changed, so it starts once its host does: {error.message}", "err")
        return FenceRecord(means="service")


def _why(server: Server) -> str:
    return f"incident {server.ctx.incident.id}: lift it with postgres.unfence"


def promoted(server: Server) -> bool | None:
    """Return whether a server is a primary now; None where nobody can tell."""
    try:
        with connect_verified(server, deadline_s=5) as session:
            row = session.execute("SELECT NOT pg_is_in_recovery()").fetchone()
            return bool(row and row[0])
    except (CleoError, *UNSEEN) as error:
        server.ctx.log(f"{server.name} cannot be asked whether it is a primary: {error.message}", "err")
        return None
