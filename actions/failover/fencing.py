"""``<type>.fence``, ``is_fenced`` and ``unfence``, as they go for every type; what differs each type fills in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, NamedTuple

import msgspec

from actions.context import ActionContext
from actions.failover.fence_record import DEVICES, FenceRecord, Means
from actions.failover.kind import Kind, S
from actions.failover.means import (
    by_device,
    choose_means,
    device_for_silence,
    nothing_left,
    on_a_word,
    outside,
    require_guardable,
    require_not_the_new_one,
)
from actions.failover.standing import UNSEEN
from actions.gate import Closed
from actions.outcome import ActionFailed, Cure, Outcome
from journal.errors import CleoError
from journal.events.measured import Measured
from journal.events.types import Identity

SECOND = "second-primary"


class Ended(NamedTuple):
    """A server that was ended: how far it came, and what of its data is known, which is looked at once it is fenced."""

    record: FenceRecord
    measured: Callable[[], Measured]


@dataclass(frozen=True)
class Before:
    """What is seen of a server before it is fenced by its service.

    Attributes:
        end: has it stopped, where it runs, and tells how far it came. Called only where ``effect`` said True.
        stop: how it is stopped, in words; empty: it is down.
        nothing: why nothing is there that could have a start refused, nor be started; empty: something is.
    """

    end: Callable[[], Ended]
    stop: str
    nothing: str = ""


class Fencing(ABC, Generic[S]):
    """How a type's servers are fenced.

    Attributes:
        kind: how they are seen.
        history: what a second primary would have of its own.
        at_once: what helps where a server does not stop: doing so without waiting.
        silent_s: seconds in which nothing may be heard of a server that was stopped.
    """

    kind: Kind[S]
    history: ClassVar[str] = "a history"
    at_once: ClassVar[str]
    cost: ClassVar[str] = ""
    silent_s: ClassVar[float] = 0.0

    @abstractmethod
    def managed(self, server: S) -> Closed | None:
        """Return who starts, replaces or demotes a server on its own; None: nobody."""

    @abstractmethod
    def identity_of(self, server: S) -> Sequence[Identity]:
        """Return what tells a server from every other; its host answers."""

    @abstractmethod
    def before(self, server: S, pid: int | None, *, immediate: bool) -> Before:
        """Look at a server before it is fenced by its service.

        Raises:
            ActionFailed: it is no primary.
        """

    @abstractmethod
    def stop(self, server: S, pid: int, *, immediate: bool) -> None:
        """Stop it.

        Raises:
            ActionFailed: it goes on.
        """

    def require_old(self, server: S) -> None:  # most types tell that later, by asking it
        """Stop at what is no old primary."""

    def require_guardable(self, server: S) -> None:
        """Stop where nothing can have a start refused.

        Raises:
            ActionFailed: so it is.
        """
        file = self.kind.guard.file(server)
        require_guardable(self.kind.fenced(server), file, there=bool(file) and server.read(file) is not None)

    def position(self, server: S) -> FenceRecord:
        """Return how far a server came, as a record, where it can be told."""
        return FenceRecord(means="service")

    def unseen(self, server: S, by: str) -> Outcome:
        """Fence a server whose host cannot be reached: from outside, where nobody said how and the inventory can."""
        fenced = self.kind.fenced(server)
        device = None if by or fenced.record else device_for_silence(fenced)
        return self._by_device(server, device) if device else on_a_word(fenced, self.kind.standing(server))

    def still_heard(self, server: S) -> str:
        """Return how a server that was stopped is heard of all the same; empty: not."""
        return self.kind.receiving(server, self.silent_s)

    def proof(self, server: S) -> str:
        """Return in words what was seen from elsewhere of a server that was fenced by its service."""
        by = f" or by its {self.kind.standby}" if self.kind.followers(server) else ""
        return f"nothing of it is heard at its address{by}"

    def unmanaged_if_seen(self, ctx: ActionContext) -> Closed | None:
        """A gate: nobody brings it back on their own. Of a host that is gone nobody can tell: power ends both."""
        try:
            return self.managed(self.kind.found(ctx))
        except UNSEEN:
            return None

    def identity(self, ctx: ActionContext) -> Sequence[Identity]:
        """Return the server's identity; of a host that cannot be reached, what the inventory says."""
        return self.identity_of_fenced(self.kind.found(ctx))

    def identity_of_fenced(self, server: S) -> Sequence[Identity]:
        """Return the same of a server that the run need not be aimed at.

        What is typed is the same in both cases: the fence that stands is lifted by the same word.
        """
        word = f"{server.name}@{server.host}"
        try:
            return [Identity(name="confirm", value=word, known="reported"), *self.identity_of(server)[1:]]
        except UNSEEN as error:
            server.ctx.log(f"Its host cannot be asked who it is: {error.message}", "err")
        return [
            Identity(name="confirm", value=word, known="unknown"),
            Identity(name="host", value=server.host, known="unknown"),
            Identity(name="data directory", value=server.data, known="unknown"),
        ]

    def no_other_primary(self, ctx: ActionContext) -> Closed | None:
        """A gate: none of its standbys, nor what it is a standby of, became a primary."""
        server = self.kind.found(ctx)
        others = self.kind.followers(server)
        if server.settings.standby_of:
            others.append(self.kind.server(ctx, server.settings.standby_of))
        for other in others:
            primary = self.kind.promoted(other)
            if primary is not False:
                said = f"is a {self.kind.primary}" if primary else "cannot be asked whether it was promoted"
                second = f"{server.name} would be a second one, with {self.history} of its own"
                return Closed(SECOND, f"{other.name} {said}: {second}.", "reason and target")
        return None

    def fence(self, ctx: ActionContext, by: str, *, immediate: bool) -> Outcome:
        """Make sure that a server cannot write."""
        server = self.kind.found(ctx)
        require_not_the_new_one(self.kind.fenced(server))
        self.require_old(server)
        means = choose_means(self.kind.fenced(server), by)
        if means in DEVICES:
            return self._by_device(server, means)
        try:
            pid = self.kind.pid(server)
        except UNSEEN as error:
            server.ctx.log(f"{server.host} cannot be reached: {error.message}", "err")
            return self.unseen(server, by)
        return self.by_service(server, pid, immediate=immediate)

    def is_fenced(self, ctx: ActionContext) -> Outcome:
        """Tell whether a server is fenced."""
        server = self.kind.found(ctx)
        seen = self.kind.standing(server)
        word = "is fenced" if seen.fenced else "is NOT fenced"
        return Outcome(ok=seen.fenced, summary=f"{server.name} {word}: {seen.words}.", facts={"fenced": seen.fenced})

    def by_service(self, server: S, pid: int | None, *, immediate: bool) -> Outcome:
        """Have every start of a server refused, stop it, and try that.

        Args:
            server: the server.
            pid: its process; None: it is down.
            immediate: do not wait.

        Raises:
            ActionFailed: it goes on, would start again, or somebody answers at its address.
        """
        self.require_guardable(server)
        seen = self.before(server, pid, immediate=immediate)
        stood = not seen.nothing and self.kind.guard.stands(server)
        line = f"have every start of {server.name} refused, by a line in {self.kind.guard.file(server)}"
        words = [part for part in ("" if seen.nothing or stood else line, seen.stop) if part]
        if not server.ctx.effect(", and ".join(words) or f"look that {server.name} is down"):
            return Outcome(ok=True, summary=f"would fence {server.name} by its service")
        if not seen.nothing:
            self.kind.guard.put(server, self._why(server))
        ended = seen.end()
        if not seen.nothing:
            self._require_refused(server)
        self._require_silence(server)
        msgspec.structs.replace(ended.record, guarded=not seen.nothing).keep(server.ctx.files, server.name)
        still = "" if pid or not stood else "already "
        now = f"its data directory is {seen.nothing}" if seen.nothing else "and refuses to start (tried)"
        return Outcome(
            ok=True,
            summary=f"{server.name} is {still}fenced: it is down, {now}; {self.proof(server)}.",
            facts={"fenced_by": "service", **ended.measured().facts()},
            findings=nothing_left(self.kind.fenced(server), seen.nothing) if seen.nothing else [],
        )

    def stopped(self, server: S, pid: int, *, immediate: bool) -> None:
        """Stop a server whose starts are refused by now.

        Raises:
            ActionFailed: it goes on, with what helps.
        """
        try:
            self.stop(server, pid, immediate=immediate)
        except ActionFailed as error:
            again = Cure(words=self.at_once, action=self.kind.fence, params={"immediate": True}, cost=self.cost)
            cures = [*([] if immediate else [again]), *outside(self.kind.fenced(server))]
            left = "Every start is refused from now on; the server still runs, and is NOT fenced."
            raise ActionFailed(error.message, error.hint, left_behind=left, cures=cures) from error

    def _by_device(self, server: S, means: Means) -> Outcome:
        guard, answers = lambda: self._guard_if_seen(server), lambda: self.kind.answers(server)
        return by_device(self.kind.fenced(server), means, guard, answers)

    def _require_refused(self, server: S) -> None:
        if not self.kind.refused(server):
            raise ActionFailed(
                f"{server.name} is down, and its configuration would still let it start.",
                f"See that {self.kind.guard.file(server)} is the one that counts, or fence it by power.",
                left_behind="The server is down; it is not fenced.",
            )

    def _require_silence(self, server: S) -> None:
        """Look from elsewhere: at its address nobody takes writes, and its standbys hear nothing of it."""
        if seen := self.kind.answers(server):
            raise ActionFailed(
                f"{server.name} was stopped on {server.host}, and {seen.words}: another server has its address, or the "
                "inventory names the wrong host.",
                "Find who answers there before anything is promoted.",
                left_behind="What was stopped is down and refuses to start; who answers is NOT fenced.",
            )
        if said := self.still_heard(server):
            server.ctx.log(f"{said}: then that follows another server by now.", "err")

    def _guard_if_seen(self, server: S) -> FenceRecord:
        """Have later starts refused where its host still answers: a fence from outside ends when it is taken back."""
        before = self.kind.fenced(server).record
        unknown = FenceRecord(means="service", guarded=bool(before and before.guarded))
        try:
            record = self.position(server)
            self.require_guardable(server)
            self.kind.guard.put(server, self._why(server))
            return msgspec.structs.replace(record, guarded=bool(self.kind.refused(server)))
        except CleoError as error:
            if not unknown.guarded:
                why = f"Its configuration cannot be changed, so it starts once its host does: {error.message}"
                server.ctx.log(why, "err")
            return unknown

    def _why(self, server: S) -> str:
        return f"incident {server.ctx.incident.id}: lift it with {self.kind.guard.undo}"
