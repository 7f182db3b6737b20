"""``redis.fence`` and ``redis.is_fenced``: an old master cannot write, whoever starts it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions.action import action
from actions.context import ActionContext
from actions.failover.fence_record import FenceRecord
from actions.failover.fencing import Before, Ended, Fencing
from actions.failover.means import NOTHING
from actions.gate import Closed
from actions.outcome import ActionFailed, Outcome
from actions.systems.redis.failover import by_hand
from actions.systems.redis.failover.pause import paused, position_of
from actions.systems.redis.failover.standing import FENCE, KIND
from actions.systems.redis.fence_guard import UNFENCE, guard_file
from actions.systems.redis.identity import identity_of
from actions.systems.redis.managers import SWITCH_OVER, managed_by
from actions.systems.redis.server import Server
from actions.systems.redis.shutdown import keep_dump, saving_forbidden, seen_before, stop_server, what_a_stop_writes
from journal.events.measured import Measured
from journal.events.types import Identity


class RedisFencing(Fencing[Server]):
    """How a Redis server is fenced."""

    kind = KIND
    history = "writes"
    at_once = "End it without letting it write anything."

    def managed(self, server: Server) -> Closed | None:
        """Return the Sentinel or operator of a server."""
        return managed_by(server, SWITCH_OVER)

    def identity_of(self, server: Server) -> Sequence[Identity]:
        """Return what tells a server from every other."""
        return identity_of(server)

    def require_guardable(self, server: Server) -> None:
        """Stop where it is started without a configuration file; say where its unit names another one."""
        super().require_guardable(server)
        if server.settings.service.manager != "systemd":
            return
        file, unit = guard_file(server), server.settings.service.unit
        shown = server.query_ourselves(["systemctl", "show", "--property=ExecStart", "--value", unit]).out
        if shown.strip() and file not in shown:
            server.ctx.log(f"The unit {unit} does not name {file} as what it starts with: {shown.strip()}", "err")

    def before(self, server: Server, pid: int | None, *, immediate: bool) -> Before:
        """Ask it what it is, and look what its stop would write."""
        seen = seen_before(server) if pid else {}
        _require_no_replica(server, seen)
        newest = seen.get("newest")
        if not pid:
            return Before(lambda: Ended(FenceRecord(means="service"), Measured), "")
        leaves, dump = ("nothing is written", "") if immediate else what_a_stop_writes(server, seen)

        def end() -> Ended:
            kept = keep_dump(server, dump) if dump else ""
            record = FenceRecord(means="service")
            with saving_forbidden(server, wanted=not immediate and not dump), paused(server, record) as record:
                self.stopped(server, pid, immediate=immediate)
            server.ctx.log(f"The RDB file from before is kept as {kept}.") if kept else None
            return Ended(record, lambda: Measured(newest_commit_at=newest, no_commit_after=newest))

        return Before(end, f"pause its writes and stop it (pid {pid}): {leaves}")

    def stop(self, server: Server, pid: int, *, immediate: bool) -> None:
        """Stop it; immediately: without letting it write anything."""
        stop_server(server, pid, immediate=immediate)

    def position(self, server: Server) -> FenceRecord:
        """Return how far it came in its replication stream."""
        return position_of(server) if server.process() else FenceRecord(means="service")


FENCING = RedisFencing()
unmanaged_if_seen, fence_identity = FENCING.unmanaged_if_seen, FENCING.identity


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
        "by": "service, power or network (else as was decided; else service, or from outside where its host is silent)",
        "immediate": "end it without letting it write anything, however much was not saved yet",
    },
    by_hand=by_hand.fence,
)
def fence(ctx: ActionContext, *, by: str = "", immediate: bool = False) -> Outcome:
    """Make sure that the old master cannot write.

    By its service: writes are paused, its replicas catch up, it is stopped on its host, and a line in its own
    configuration has every later start refused, also after a reboot; that is tried. By power or network: the
    inventory's commands, until the device says so. Where its host does not answer, these are taken, unless a means was
    asked for or decided; without them a host that cannot be reached is not fenced.

    Needs: its host, and a configuration file that it is started with; or `fence` in the inventory.

    Leaves: the server down, and `cleo_fenced` in its configuration, until redis.unfence takes that out; how it was
    fenced and how far it came, in the incident's files.

    Killed half way: the line may stand and the server run on; redis.is_fenced tells. Run it again.
    """
    return FENCING.fence(ctx, by, immediate=immediate)


@action("redis.is_fenced", target=fence_identity, by_hand=by_hand.is_fenced)
def is_fenced(ctx: ActionContext) -> Outcome:
    """Tell whether the server is fenced: its host, its address, its replicas and its power are looked at.

    Needs: what can be reached of these.
    """
    return FENCING.is_fenced(ctx)


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
