"""``postgres.fence`` and ``postgres.is_fenced``: an old primary cannot write, whoever starts it."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.context import ActionContext
from actions.failover.fence_record import FenceRecord
from actions.failover.fencing import Before, Ended, Fencing
from actions.failover.means import NOTHING
from actions.failover.standing import UNSEEN
from actions.gate import Closed
from actions.outcome import ActionFailed, Outcome
from actions.systems.postgres import by_hand
from actions.systems.postgres.cures import NO_DATABASE
from actions.systems.postgres.failover.slots import logical_slots
from actions.systems.postgres.failover.standing import FENCE, KIND
from actions.systems.postgres.fence_guard import UNFENCE
from actions.systems.postgres.identity import identity_of
from actions.systems.postgres.last_commit import last_of
from actions.systems.postgres.managers import managed_by
from actions.systems.postgres.patroni.gate import SWITCH_OVER
from actions.systems.postgres.process import describe_data, postmaster
from actions.systems.postgres.server import Server
from actions.systems.postgres.shutdown import stop_server
from actions.systems.postgres.start_stop import seen_before
from journal.events.measured import Measured
from journal.events.types import Identity


class PostgresFencing(Fencing[Server]):
    """How a PostgreSQL server is fenced."""

    kind = KIND
    at_once = "Stop it without waiting: what it has not sent to its standby is lost there, and stays in its data."
    silent_s = 1.0

    def managed(self, server: Server) -> Closed | None:
        """Return the cluster manager of a server."""
        return managed_by(server, SWITCH_OVER)

    def identity_of(self, server: Server) -> Sequence[Identity]:
        """Return what tells a server from every other."""
        return identity_of(server)

    def require_old(self, server: Server) -> None:
        """Stop at who follows another one, and writes nothing.

        Raises:
            ActionFailed: it does.
        """
        if not server.settings.standby_of or not _follows(server):
            return
        raise ActionFailed(
            f"{server.name} is a standby of {server.settings.standby_of}, and takes no writes.",
            f"Fence {server.settings.standby_of}, if that is meant: --on {server.settings.standby_of}.",
            left_behind=NOTHING,
        )

    def require_guardable(self, server: Server) -> None:
        """Its guard's file lies in the data directory, and is made where it is missing."""

    def before(self, server: Server, pid: int | None, *, immediate: bool) -> Before:
        """Look which logical slots it has, and what it says of its newest commits."""
        data = describe_data(server)
        empty = data in NO_DATABASE
        slots, before = logical_slots(server, running=bool(pid)), seen_before(server) if pid else Measured()

        def end() -> Ended:
            if pid:
                self.stopped(server, pid, immediate=immediate)
            record = FenceRecord(means="service", slots=slots)
            return Ended(record, lambda: last_of(server, before) if pid or not empty else before)

        stop = f"stop it (pid {pid}, mode {'immediate' if immediate else 'fast'})" if pid else ""
        return Before(end, stop, data if empty else "")

    def stop(self, server: Server, pid: int, *, immediate: bool) -> None:
        """Stop it, in mode ``fast`` or ``immediate``."""
        stop_server(server, pid, immediate=immediate)

    def position(self, server: Server) -> FenceRecord:
        """Return which logical slots it has."""
        return FenceRecord(means="service", slots=logical_slots(server, running=bool(postmaster(server))))


FENCING = PostgresFencing()
unmanaged_if_seen, fence_identity, identity_of_fenced = (
    FENCING.unmanaged_if_seen,
    FENCING.identity,
    FENCING.identity_of_fenced,
)
by_service = FENCING.by_service


def _follows(server: Server) -> bool:
    try:
        return server.exists(f"{server.data}/standby.signal")
    except UNSEEN:
        return False


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
        "by": "service, power or network (else as was decided; else service, or from outside where its host is silent)",
        "immediate": "do not wait for sessions and a checkpoint; the last commits may not reach the standby",
    },
    by_hand=by_hand.fence,
)
def fence(ctx: ActionContext, *, by: str = "", immediate: bool = False) -> Outcome:
    """Make sure that the old primary cannot write.

    By its service: it is stopped on its host, and a line in its own configuration has every later start refused, also
    after a reboot; that is tried. By power or network: the inventory's commands, until the device says so.
    Where its host does not answer, these are taken, unless a means was asked for or decided; without them a host that
    cannot be reached is not fenced.

    Needs: its host, as the server's account; or `fence` in the inventory.

    Leaves: the server down, and `cleo_fenced` in its postgresql.auto.conf, until postgres.unfence takes that out; how
    it was fenced, in the incident's files.

    Killed half way: the line may stand and the server run on; postgres.is_fenced tells. Run it again.
    """
    return FENCING.fence(ctx, by, immediate=immediate)


@action("postgres.is_fenced", target=fence_identity)
def is_fenced(ctx: ActionContext) -> Outcome:
    """Tell whether the server is fenced: its host, its address, its standbys and its power are looked at.

    Needs: what can be reached of these.
    """
    return FENCING.is_fenced(ctx)
