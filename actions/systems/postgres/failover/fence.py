"""``postgres.fence`` and ``postgres.is_fenced``: an old primary cannot write, whoever starts it."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.context import ActionContext
from actions.gate import Closed, decide
from actions.outcome import ActionFailed, Cure, Finding, GateClosed, Outcome
from actions.systems.postgres import by_hand
from actions.systems.postgres.cures import NO_DATABASE
from actions.systems.postgres.failover.commands import switch_off
from actions.systems.postgres.failover.fence_record import FenceRecord, Means
from actions.systems.postgres.failover.promotion_record import whose_place
from actions.systems.postgres.failover.slots import logical_slots
from actions.systems.postgres.failover.standing import UNSEEN, answers, followers, receiving, standing
from actions.systems.postgres.fence_guard import UNFENCE, put, refused, stands
from actions.systems.postgres.identity import identity
from actions.systems.postgres.last_commit import last_of
from actions.systems.postgres.managers import managed_by
from actions.systems.postgres.process import describe_data, postmaster
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.shutdown import stop_server
from actions.systems.postgres.start_stop import seen_before
from actions.systems.postgres.verified_connection import connect_verified
from journal.errors import CleoError
from journal.events.measured import Measured
from journal.events.types import Identity

FENCE = "postgres.fence"
UNREACHABLE = "unreachable"
_NEW = "new-primary"
_DECIDED = ("power", "network")
_NOTHING = "Nothing was changed."


def unmanaged_if_seen(ctx: ActionContext) -> Closed | None:
    """A gate: nobody brings the server back on their own. Of a host that is gone nobody can tell: power ends both."""
    try:
        return managed_by(find_server(ctx))
    except UNSEEN:
        return None


def fence_identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return the server's identity; of a host that cannot be reached, what the inventory says.

    What is typed is the same in both cases: the fence that stands is lifted by the same word.
    """
    server = find_server(ctx)
    word = f"{server.name}@{server.host}"
    try:
        return [Identity(name="confirm", value=word, known="reported"), *identity(ctx)[1:]]
    except UNSEEN as error:
        ctx.log(f"Its host cannot be asked who it is: {error.message}", "err")
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
    means = _means(server, by)
    if means in _DECIDED:
        return _by_device(server, means)
    try:
        pid = postmaster(server)
    except UNSEEN as error:
        server.ctx.log(f"{server.host} cannot be reached: {error.message}", "err")
        return _on_a_word(server)
    return _by_service(server, pid, immediate=immediate)


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
    if old := whose_place(server.ctx.files, server.name):
        message = f"{server.name} took the place of {old} in this incident: it is the one that serves."
        words = f"The old one is {old}: `cleo run postgres.fence --on {old}`."
        cures = [Cure(words=words), Cure(words="Or fence the new one.", override=_NEW, cost="nobody serves then")]
        decide(server.ctx, GateClosed(_NEW, message, yields="reason and target", cures=cures), "The new one is fenced")
    if not server.settings.standby_of or not _follows(server):
        return
    raise ActionFailed(
        f"{server.name} is a standby of {server.settings.standby_of}, and takes no writes.",
        f"Fence {server.settings.standby_of}, if that is meant: --on {server.settings.standby_of}.",
        left_behind=_NOTHING,
    )


def _follows(server: Server) -> bool:
    try:
        return server.exists(f"{server.data}/standby.signal")
    except UNSEEN:
        return False


def _means(server: Server, by: str) -> Means:
    """Return what fences it: what was asked for, else what was decided, where the inventory has it."""
    decided = server.ctx.incident.decisions.get("fence_by", "")
    means = by or (decided if server.settings.fence.commands(decided) else "")
    if decided in _DECIDED and not means:
        server.ctx.log(f"Decided was {decided}; the inventory names no commands for it: by its service.", "err")
    if means in _DECIDED and server.settings.fence.commands(means) is None:
        raise ActionFailed(
            f"The inventory names no commands for the {means} of {server.name}.",
            f"Write them there (fence: {means}:), or fence by its service, or by hand.",
            left_behind=_NOTHING,
        )
    if means not in ("", "service", *_DECIDED):
        raise ActionFailed(f"Nothing fences by {means!r}: service, power or network.", left_behind=_NOTHING)
    return means or "service"  # type: ignore[return-value]


def _by_service(server: Server, pid: int | None, *, immediate: bool) -> Outcome:
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


def _on_a_word(server: Server) -> Outcome:
    """Its host cannot be reached: nothing here can prove it fenced; a person who can must say so."""
    seen = standing(server)
    if seen.alive:
        raise ActionFailed(f"{server.name} is NOT fenced: {seen.words}.", cures=_outside(server), left_behind=_NOTHING)
    if seen.fenced:
        return Outcome(ok=True, summary=f"{server.name} counts as fenced already: {seen.words}.")
    message = f"{server.name} is not fenced: {seen.words}."
    words = (
        "Only if somebody who saw it says that it is off, or its disk or network gone for good: "
        "say who, how, and what keeps it so."
    )
    cures = [*_outside(server), Cure(words=words, override=UNREACHABLE, cost="if that is wrong: two primaries")]
    closed = GateClosed(UNREACHABLE, message, yields="reason and target", cures=cures)
    decide(server.ctx, closed, f"{server.name} counts as fenced though its host cannot be reached")
    reason = server.ctx.overridden(UNREACHABLE)
    if not server.ctx.effect(f"take {server.name} for fenced, on the word: {reason}"):
        return Outcome(ok=True, summary=f"would take {server.name} for fenced")
    FenceRecord(means="word", reason=reason).keep(server.ctx.files, server.name)
    text = f"nothing here keeps it from starting once {server.host} is back"
    cure = "Keep it off. Before it may come back: fence it again, by its service, as soon as its host answers."
    return Outcome(
        ok=True,
        summary=f"{server.name} counts as fenced on a person's word: {reason}.",
        facts={"fenced_by": "word"},
        findings=[Finding(severity="warning", about=server.name, text=text, cure=cure)],
    )


def _outside(server: Server) -> list[Cure]:
    """Return the inventory's means from outside as what helps."""
    named = [means for means in _DECIDED if server.settings.fence.commands(means)]
    found = [Cure(words=f"Fence it by its {means}.", action=FENCE, params={"by": means}) for means in named]
    by_hand_ = Cure(words=f"Have {server.host} powered off, or cut off, by somebody who can prove it.")
    return found or [by_hand_]


def _by_device(server: Server, means: Means) -> Outcome:
    commands = server.settings.fence.commands(means)
    if commands is None:
        raise ActionFailed(f"The inventory names no commands for the {means} of {server.name}.")
    line = f"fence {server.name} by its {means}: `{' '.join(commands.fence)}` on {commands.host}"
    if not server.ctx.effect(f"{line}, proven by `{' '.join(commands.state)}` saying {commands.fenced_says!r}"):
        return Outcome(ok=True, summary=f"would fence {server.name} by its {means}")
    slots, guarded = _guard_if_seen(server)
    said = switch_off(server.ctx, commands)
    if seen := answers(server):
        raise ActionFailed(
            f"The {means} of {server.name} is off, says its device ({said}), and {seen.words}.",
            "Find who answers there: the device may be another server's.",
            left_behind="The command ran; who answers is NOT fenced.",
        )
    FenceRecord(means=means, guarded=guarded, slots=slots).keep(server.ctx.files, server.name)
    return Outcome(
        ok=True,
        summary=f"{server.name} is fenced by its {means}: the device says {said!r}, and nobody takes writes there.",
        facts={"fenced_by": means},
        findings=[] if guarded else _not_guarded(server, means),
    )


def _guard_if_seen(server: Server) -> tuple[list[str] | None, bool]:
    """Have later starts refused where its host still answers: a fence from outside ends when it is taken back."""
    try:
        slots = logical_slots(server, running=bool(postmaster(server)))
        put(server, _why(server))
        return slots, bool(refused(server))
    except CleoError as error:
        server.ctx.log(f"Its configuration cannot be changed, so it starts once its host does: {error.message}", "err")
        return None, False


def _not_guarded(server: Server, means: str) -> list[Finding]:
    text = f"it comes up as a primary as soon as its {means} is back: its own host could not be changed"
    cure = "Keep it so. When it may come back: keep it from the network, and fence it by its service first."
    return [Finding(severity="warning", about=server.name, text=text, cure=cure)]


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
