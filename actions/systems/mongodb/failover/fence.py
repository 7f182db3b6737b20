"""``mongodb.fence`` and ``mongodb.is_fenced``: an old primary does not come up as a member any more."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.context import ActionContext
from actions.failover.fence_record import FenceRecord
from actions.failover.fencing import SECOND, Before, Ended, Fencing
from actions.failover.means import NOTHING
from actions.gate import Closed
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.mongodb.failover import by_hand
from actions.systems.mongodb.failover.members import look_at_set, others
from actions.systems.mongodb.failover.oplog_end import newest_in
from actions.systems.mongodb.failover.standing import FENCE, KIND, by_its_set, name_in_set
from actions.systems.mongodb.fence_guard import UNFENCE
from actions.systems.mongodb.identity import identity_of
from actions.systems.mongodb.managers import managed_by
from actions.systems.mongodb.server import Server
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


class MongodbFencing(Fencing[Server]):
    """How a member of a replica set is fenced."""

    kind = KIND
    at_once = "End it at once."
    cost = "what no other member has"

    def managed(self, server: Server) -> Closed | None:
        """Return the automation or operator of a server."""
        return managed_by(server)

    def identity_of(self, server: Server) -> Sequence[Identity]:
        """Return what tells a server from every other."""
        return identity_of(server)

    def before(self, server: Server, pid: int | None, *, immediate: bool) -> Before:
        """Ask it whether it leads."""
        if not pid:
            return Before(lambda: Ended(FenceRecord(means="service"), Measured), "")
        _require_primary(server, _state(server))

        def end() -> Ended:
            newest, record = _newest(server)
            self.stopped(server, pid, immediate=immediate)
            return Ended(record, lambda: newest)

        return Before(end, f"stop it {'at once' if immediate else 'cleanly'} (pid {pid})")

    def stop(self, server: Server, pid: int, *, immediate: bool) -> None:
        """Stop it, which hands over to another member where a majority is there; immediately: SIGKILL."""
        stop_mongod(server, pid, immediate=immediate)

    def position(self, server: Server) -> FenceRecord:
        """Return the newest entry of its oplog."""
        return _newest(server)[1] if server.process() else FenceRecord(means="service")

    def still_heard(self, server: Server) -> str:
        """Return nothing: other members take what was stopped a moment ago for healthy for some seconds."""
        return ""

    def proof(self, server: Server) -> str:
        """Return whom its set has elected meanwhile, as far as its other members can be asked."""
        found = look_at_set(server)
        seen = "its set has no primary yet" if found else "its set could not be asked whom it elects"
        return by_its_set(server, found) or seen

    def unseen(self, server: Server, by: str) -> Outcome:
        """Its host cannot be reached: its set may have fenced it; else a person must say so."""
        if elected := by_its_set(server, look_at_set(server)):
            text = "it may have taken writes until it noticed (about ten seconds)"
            return Outcome(
                ok=True,
                summary=f"{server.name} counts as fenced: {elected}.",
                facts={"fenced_by": "set"},
                findings=[Finding(severity="warning", about=server.name, text=text, cure=_ROLLBACK)],
            )
        return super().unseen(server, by)

    def no_other_primary(self, ctx: ActionContext) -> Closed | None:
        """A gate: its set's other primary knows of it, so that it follows that one; one that was thrown out does not.

        A primary that a majority elected is no hindrance, but what the member is to come back to. A set that was
        forced without its member leaves it with the old configuration: with another such one it elects its own.
        """
        server = KIND.found(ctx)
        found = look_at_set(server)
        if not found:
            return _unasked(server)
        leader = found.leader()
        if not leader or any(each.name == name_in_set(server) for each in found.seats):
            return None
        leads = leader.system or leader.name
        message = f"{leads} leads a set that {server.name} is no member of: it would not follow it."
        return Closed(SECOND, message, "reason and target")


def _unasked(server: Server) -> Closed | None:
    """Close the gate where there are others, and nobody could be asked: what is silent may lead a set without it."""
    names = ", ".join(other.name for other in others(server))
    if not names:
        return None
    message = f"None of {names} could be asked: whether their set was forced without {server.name} is not known."
    return Closed(SECOND, message, "reason and target")


FENCING = MongodbFencing()
unmanaged_if_seen, fence_identity = FENCING.unmanaged_if_seen, FENCING.identity


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
        "by": "service, power or network (else as was decided; else service, or from outside where its host is silent)",
        "immediate": "end it at once (SIGKILL); the last writes may not reach the other members",
    },
    by_hand=by_hand.fence,
)
def fence(ctx: ActionContext, *, by: str = "", immediate: bool = False) -> Outcome:
    """Keep the old primary from coming up as a member of its set.

    By its service: it is stopped cleanly, which hands over to another member where a majority is there, and a line in
    its own configuration file has every later start refused, also after a reboot; that is tried. By power or network:
    the inventory's commands, until the device says so. Where its host does not answer, a majority of its set that has
    elected another primary has fenced it; else these are taken, unless a means was asked for or decided.

    Needs: its host, and the configuration file that it is started with; or `fence` in the inventory.

    Leaves: the server down, and `cleoFenced` in its configuration, until mongodb.unfence takes that out.

    Killed half way: the line may stand and the server run on; mongodb.is_fenced tells. Run it again.
    """
    return FENCING.fence(ctx, by, immediate=immediate)


@action("mongodb.is_fenced", target=fence_identity, by_hand=by_hand.is_fenced)
def is_fenced(ctx: ActionContext) -> Outcome:
    """Tell whether the old primary is fenced: its host, its address, its set and its power are looked at.

    Needs: what can be reached of these.
    """
    return FENCING.is_fenced(ctx)


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
            end = newest_in(client)
            at = newest_write(client, server.settings.heartbeat)
    except CleoError as error:
        server.ctx.log(f"How far it came is not known: {error.message}", "err")
        return Measured(), FenceRecord(means="service")
    server.ctx.log(f"The newest entry of {server.name}: {end if end.packed else 'none'}.")
    record = FenceRecord(means="service", position=end.packed, history=str(end.term) if end.packed else "")
    return Measured(newest_commit_at=at), record
