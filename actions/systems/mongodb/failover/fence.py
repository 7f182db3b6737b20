"""``mongodb.fence`` and ``mongodb.is_fenced``: an old primary does not come up as a member any more."""

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
    outside,
    require_not_the_new_one,
)
from actions.failover.standing import UNSEEN
from actions.gate import Closed
from actions.machine.listener import Worker
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.mongodb.config_file import find_config_file
from actions.systems.mongodb.failover import by_hand
from actions.systems.mongodb.failover.members import look_at_set
from actions.systems.mongodb.failover.standing import FENCE, answers, by_its_set, fenced, standing
from actions.systems.mongodb.fence_guard import UNFENCE, put, refused, stands
from actions.systems.mongodb.identity import identity
from actions.systems.mongodb.managers import unmanaged
from actions.systems.mongodb.server import Server, find_server
from actions.systems.mongodb.start_stop import stop_mongod
from actions.systems.mongodb.state import PRIMARY, State, newest_write, read_state
from actions.systems.mongodb.verified_connection import connect_verified
from journal.errors import CleoError
from journal.events.measured import Measured
from journal.events.types import Identity

_ROLLBACK = (
    "What it took and no majority acknowledged is rolled back when it returns, into files in its data directory "
    "(rollback/): keep them."
)


def unmanaged_if_seen(ctx: ActionContext) -> Closed | None:
    """A gate: nobody brings the server back on their own. Of a host that is gone nobody can tell."""
    try:
        return unmanaged(ctx)
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
    probe="mongodb.is_fenced",
    resumable=True,
    live={"managed": unmanaged_if_seen},
    touches=("data directory",),
    undone_by=UNFENCE,
    target=fence_identity,
    params={
        "by": "service, power or network (else as was decided, where the inventory has that; else service)",
        "immediate": "end it at once (SIGKILL); the last writes may not reach the other members",
    },
    by_hand=by_hand.fence,
)
def fence(ctx: ActionContext, *, by: str = "", immediate: bool = False) -> Outcome:
    """Keep the old primary from coming up as a member of its set.

    By its service: it is stopped cleanly, which hands over to another member where a majority is there, and a line in
    its own configuration file has every later start refused, also after a reboot; that is tried. By power or network:
    the inventory's commands, until the device says so. A host that cannot be reached is not fenced, unless a majority
    of its set has elected another primary: then the set has fenced it.

    Needs: its host, and the configuration file that it is started with; or `fence` in the inventory.

    Leaves: the server down, and `cleoFenced` in its configuration, until mongodb.unfence takes that out.

    Killed half way: the line may stand and the server run on; mongodb.is_fenced tells. Run it again.
    """
    server = find_server(ctx)
    require_not_the_new_one(fenced(server))
    means = choose_means(fenced(server), by)
    if means in DEVICES:
        return by_device(fenced(server), means, lambda: _guard_if_seen(server), lambda: answers(server))
    try:
        found = server.process()
    except UNSEEN as error:
        server.ctx.log(f"{server.host} cannot be reached: {error.message}", "err")
        return _unseen(server)
    return _by_service(server, found, immediate=immediate)


@action("mongodb.is_fenced", target=fence_identity, by_hand=by_hand.is_fenced)
def is_fenced(ctx: ActionContext) -> Outcome:
    """Tell whether the old primary is fenced: its host, its address, its set and its power are looked at.

    Needs: what can be reached of these.
    """
    server = find_server(ctx)
    seen = standing(server)
    word = "is fenced" if seen.fenced else "is NOT fenced"
    return Outcome(ok=seen.fenced, summary=f"{server.name} {word}: {seen.words}.", facts={"fenced": seen.fenced})


def _unseen(server: Server) -> Outcome:
    """Its host cannot be reached: its set may have fenced it; else a person must say so."""
    if elected := by_its_set(server, look_at_set(server)):
        text = "it may have taken writes until it noticed (about ten seconds)"
        return Outcome(
            ok=True,
            summary=f"{server.name} counts as fenced: {elected}.",
            facts={"fenced_by": "set"},
            findings=[Finding(severity="warning", about=server.name, text=text, cure=_ROLLBACK)],
        )
    return on_a_word(fenced(server), standing(server))


def _by_service(server: Server, found: Worker | None, *, immediate: bool) -> Outcome:
    _require_guardable(server)
    stood = stands(server)
    state = _state(server) if found else None
    _require_primary(server, state)
    words = "" if stood else f"have every start of {server.name} refused, by a line in {find_config_file(server)}"
    stop = f"stop it {'at once' if immediate else 'cleanly'} (pid {found.pid})" if found else ""
    if not server.ctx.effect(", and ".join(p for p in (words, stop) if p) or f"look that {server.name} is down"):
        return Outcome(ok=True, summary=f"would fence {server.name} by its service")
    newest, record = _newest(server) if found else (Measured(), FenceRecord(means="service"))
    put(server, _why(server))
    if found:
        _stop(server, found.pid, immediate=immediate)
    _require_refused(server)
    FenceRecord(means="service", guarded=True, position=record.position, history=record.history).keep(
        server.ctx.files, server.name
    )
    elected = by_its_set(server, look_at_set(server))
    still = "already " if stood and not found else ""
    said = f"; {elected}" if elected else "; its set has no primary yet"
    return Outcome(
        ok=True,
        summary=f"{server.name} is {still}fenced: it is down, and refuses to start (tried){said}.",
        facts={"fenced_by": "service", **newest.facts()},
    )


def _require_guardable(server: Server) -> None:
    file = find_config_file(server)
    if not file or server.read(file) is None:
        why = "is started without a configuration file" if not file else f"has no configuration file {file}"
        raise ActionFailed(
            f"{server.name} {why}: nothing there can have a start refused.",
            "Correct config_file: in the inventory; or fence it from outside, or by hand (stop it, mask its unit).",
            cures=outside(fenced(server)),
            left_behind=NOTHING,
        )


def _state(server: Server) -> State | None:
    try:
        with connect_verified(server, deadline_s=5) as client:
            return read_state(client)
    except CleoError as error:
        server.ctx.log(f"Its state in its set is not known: {error.message}", "err")
        return None


def _require_primary(server: Server, state: State | None) -> None:
    """Stop at a member that follows another one: it takes no writes, and fencing it only costs a vote."""
    leader = next((one for one in state.members if one.state == PRIMARY and one.healthy), None) if state else None
    if state and not state.writable and leader:
        raise ActionFailed(
            f"{server.name} is {state.state} in its set, which {leader.name} leads: it takes no writes.",
            "There is nothing to fence; fence who leads, if that is meant.",
            left_behind=NOTHING,
        )


def _newest(server: Server) -> tuple[Measured, FenceRecord]:
    """Return the old primary's newest write and the newest entry of its oplog, before it is stopped."""
    try:
        with connect_verified(server, deadline_s=5) as client:
            entry = client.local["oplog.rs"].find_one({}, {"ts": 1, "t": 1}, sort=[("$natural", -1)]) or {}
            at = newest_write(client, server.settings.heartbeat)
    except CleoError as error:
        server.ctx.log(f"How far it came is not known: {error.message}", "err")
        return Measured(), FenceRecord(means="service")
    stamp = entry.get("ts")
    position = (stamp.time << 32) + stamp.inc if stamp else 0
    server.ctx.log(f"The newest entry of {server.name}: {f'{stamp.time}:{stamp.inc}' if stamp else 'none'}.")
    record = FenceRecord(means="service", position=position, history=str(entry.get("t", "")))
    return Measured(newest_commit_at=at), record


def _stop(server: Server, pid: int, *, immediate: bool) -> None:
    try:
        stop_mongod(server, pid, immediate=immediate)
    except ActionFailed as error:
        again = Cure(words="End it at once.", action=FENCE, params={"immediate": True}, cost="what no other member has")
        cures = [*([] if immediate else [again]), *outside(fenced(server))]
        left = "Every start is refused from now on; the server still runs, and is NOT fenced."
        raise ActionFailed(error.message, error.hint, left_behind=left, cures=cures) from error


def _require_refused(server: Server) -> None:
    if not refused(server):
        raise ActionFailed(
            f"{server.name} is down, and its configuration would still let it start.",
            f"See that {find_config_file(server)} is the one that counts, or fence it by power.",
            left_behind="The server is down; it is not fenced.",
        )
    if seen := answers(server):
        raise ActionFailed(
            f"{server.name} was stopped on {server.host}, and {seen.words}: another server has its address, or the "
            "inventory names the wrong host.",
            "Find who answers there before anything is promoted.",
            left_behind="What was stopped is down and refuses to start; who answers is NOT fenced.",
        )


def _guard_if_seen(server: Server) -> FenceRecord:
    """Have later starts refused where its host still answers: a fence from outside ends when it is taken back."""
    try:
        record = _newest(server)[1] if server.process() else FenceRecord(means="service")
        _require_guardable(server)
        put(server, _why(server))
        guarded = bool(refused(server))
        return FenceRecord(means="service", guarded=guarded, position=record.position, history=record.history)
    except CleoError as error:
        server.ctx.log(f"Its configuration cannot be changed, so it starts once its host does: {error.message}", "err")
        return FenceRecord(means="service")


def _why(server: Server) -> str:
    return f"incident {server.ctx.incident.id}: lift it with mongodb.unfence"
