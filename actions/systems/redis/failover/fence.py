"""``redis.fence`` and ``redis.is_fenced``: an old master cannot write, whoever starts it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
from actions.outcome import ActionFailed, Cure, Outcome
from actions.systems.redis.failover import by_hand
from actions.systems.redis.failover.pause import paused, position_of
from actions.systems.redis.failover.standing import FENCE, answers, fenced, followers, receiving, standing
from actions.systems.redis.fence_guard import UNFENCE, guard_file, put, refused, stands
from actions.systems.redis.identity import identity
from actions.systems.redis.managers import unmanaged
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.shutdown import keep_dump, saving_forbidden, seen_before, stop_server, what_a_stop_writes
from actions.systems.redis.verified_connection import connect_verified
from journal.errors import CleoError
from journal.events.measured import Measured
from journal.events.types import Identity


def unmanaged_if_seen(ctx: ActionContext) -> Closed | None:
    """A gate: nobody brings the server back on their own. Of a host that is gone nobody can tell: power ends both."""
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
    probe="redis.is_fenced",
    resumable=True,
    live={"managed": unmanaged_if_seen},
    touches=("data directory",),
    undone_by=UNFENCE,
    target=fence_identity,
    params={
        "by": "service, power or network (else as was decided, where the inventory has that; else service)",
        "immediate": "end it without letting it write anything, however much was not saved yet",
    },
    by_hand=by_hand.fence,
)
def fence(ctx: ActionContext, *, by: str = "", immediate: bool = False) -> Outcome:
    """Make sure that the old master cannot write.

    By its service: writes are paused, its replicas catch up, it is stopped on its host, and a line in its own
    configuration has every later start refused, also after a reboot; that is tried. By power or network: the
    inventory's commands, until the device says so. A host that cannot be reached is not fenced.

    Needs: its host, and a configuration file that it is started with; or `fence` in the inventory.

    Leaves: the server down, and `cleo_fenced` in its configuration, until redis.unfence takes that out; how it was
    fenced and how far it came, in the incident's files.

    Killed half way: the line may stand and the server run on; redis.is_fenced tells. Run it again.
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
        return on_a_word(fenced(server), standing(server))
    return _by_service(server, found, immediate=immediate)


@action("redis.is_fenced", target=fence_identity, by_hand=by_hand.is_fenced)
def is_fenced(ctx: ActionContext) -> Outcome:
    """Tell whether the server is fenced: its host, its address, its replicas and its power are looked at.

    Needs: what can be reached of these.
    """
    server = find_server(ctx)
    seen = standing(server)
    word = "is fenced" if seen.fenced else "is NOT fenced"
    return Outcome(ok=seen.fenced, summary=f"{server.name} {word}: {seen.words}.", facts={"fenced": seen.fenced})


def _by_service(server: Server, found: Worker | None, *, immediate: bool) -> Outcome:
    _require_guardable(server)
    stood = stands(server)
    seen = seen_before(server) if found else {}
    _require_no_replica(server, seen)
    leaves, dump = ("nothing is written", "") if immediate or not found else what_a_stop_writes(server, seen)
    words = "" if stood else f"have every start of {server.name} refused, by a line in {guard_file(server)}"
    stop = f"pause its writes and stop it (pid {found.pid}): {leaves}" if found else ""
    if not server.ctx.effect(", ".join(part for part in (words, stop) if part) or f"look that {server.name} is down"):
        return Outcome(ok=True, summary=f"would fence {server.name} by its service")
    put(server, f"incident {server.ctx.incident.id}: lift it with redis.unfence")
    record = FenceRecord(means="service")
    if found:
        kept = keep_dump(server, dump) if dump else ""
        with saving_forbidden(server, wanted=not immediate and not dump), paused(server, record) as record:
            _stop(server, found.pid, immediate=immediate)
        server.ctx.log(f"The RDB file from before is kept as {kept}.") if kept else None
    _require_refused(server)
    _require_silence(server)
    FenceRecord(means="service", guarded=True, position=record.position, history=record.history).keep(
        server.ctx.files, server.name
    )
    newest = seen.get("newest")
    measured = Measured(newest_commit_at=newest, no_commit_after=newest)
    still = "already " if stood and not found else ""
    return Outcome(
        ok=True,
        summary=f"{server.name} is {still}fenced: it is down, and refuses to start (tried); nothing of it is heard at "
        f"its address{' or by its replica' if followers(server) else ''}.",
        facts={"fenced_by": "service", **measured.facts()},
    )


def _require_guardable(server: Server) -> None:
    """A guard stands in the file that starts go by: the running server and its unit must name the same one."""
    file = guard_file(server)
    if not file or server.read(file) is None:
        why = "is started without a configuration file" if not file else f"has no configuration file {file}"
        raise ActionFailed(
            f"{server.name} {why}: nothing there can have a start refused.",
            "Correct config_file: in the inventory; or fence it from outside, or by hand (stop it, mask its unit).",
            cures=outside(fenced(server)),
            left_behind=NOTHING,
        )
    if server.settings.service.manager == "systemd":
        unit = server.settings.service.unit
        shown = server.query_ourselves(["systemctl", "show", "--property=ExecStart", "--value", unit]).out
        if shown.strip() and file not in shown:
            server.ctx.log(f"The unit {unit} does not name {file} as what it starts with: {shown.strip()}", "err")


def _require_no_replica(server: Server, seen: Any) -> None:
    if seen.get("config_file"):
        _require_same_file(server, str(seen["config_file"]))
    if seen.get("role") == "slave":
        leader = server.settings.standby_of or f"{seen.get('master_host')}:{seen.get('master_port')}"
        raise ActionFailed(
            f"{server.name} is a replica of {leader}, and takes no writes.",
            f"Fence {leader}, if that is meant: --on {leader}.",
            left_behind=NOTHING,
        )


def _require_same_file(server: Server, said: str) -> None:
    file = guard_file(server)
    if server.query(["test", file, "-ef", said]).code != 0:
        raise ActionFailed(
            f"{server.name} was started with {said}, and the inventory names {file}.",
            "Correct config_file: in the inventory: a line in the wrong file keeps nothing from starting.",
            left_behind=NOTHING,
        )


def _stop(server: Server, pid: int, *, immediate: bool) -> None:
    try:
        stop_server(server, pid, immediate=immediate)
    except ActionFailed as error:
        again = Cure(words="End it without letting it write anything.", action=FENCE, params={"immediate": True})
        cures = [*([] if immediate else [again]), *outside(fenced(server))]
        left = "Every start is refused from now on; the server still runs, and is NOT fenced."
        raise ActionFailed(error.message, error.hint, left_behind=left, cures=cures) from error


def _require_refused(server: Server) -> None:
    if not refused(server):
        raise ActionFailed(
            f"{server.name} is down, and its configuration would still let it start.",
            f"See that {guard_file(server)} is the one that counts, or fence it by power.",
            left_behind="The server is down; it is not fenced.",
        )


def _require_silence(server: Server) -> None:
    """Look from elsewhere: at its address nobody takes writes, and its replicas hear nothing of it."""
    if seen := answers(server):
        raise ActionFailed(
            f"{server.name} was stopped on {server.host}, and {seen.words}: another server has its address, or the "
            "inventory names the wrong host.",
            "Find who answers there before anything is promoted.",
            left_behind="What was stopped is down and refuses to start; who answers is NOT fenced.",
        )
    if said := receiving(server, within_s=0.0):
        server.ctx.log(f"{said}: then that follows another server by now.", "err")


def _guard_if_seen(server: Server) -> FenceRecord:
    """Have later starts refused where its host still answers: a fence from outside ends when it is taken back."""
    try:
        found = server.process()
        _require_guardable(server)
        record = position_of(server) if found else FenceRecord(means="service")
        put(server, f"incident {server.ctx.incident.id}: lift it with redis.unfence")
        guarded = bool(refused(server))
        return FenceRecord(means="service", guarded=guarded, position=record.position, history=record.history)
    except CleoError as error:
        server.ctx.log(f"Its configuration cannot be changed, so it starts once its host does: {error.message}", "err")
        return FenceRecord(means="service")


def promoted(server: Server) -> bool | None:
    """Return whether a server is a master now; None where nobody can tell."""
    try:
        with connect_verified(server, deadline_s=5) as client:
            said: Any = client.info("replication")
            return str(said.get("role")) == "master"
    except (CleoError, *UNSEEN) as error:
        server.ctx.log(f"{server.name} cannot be asked whether it is a master: {error.message}", "err")
        return None
