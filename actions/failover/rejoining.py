"""``<type>.rejoin`` and ``is_rejoined``, as they go for every type; what differs each type fills in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, NamedTuple

from actions.context import ActionContext
from actions.failover.choice import choose
from actions.failover.cut_off import require_reached
from actions.failover.fence_record import forget
from actions.failover.fencing import Fencing
from actions.failover.kind import S
from actions.failover.means import NOTHING
from actions.failover.promotion_record import whose_place
from actions.failover.standing import UNSEEN
from actions.gate import Closed
from actions.outcome import ActionFailed, Finding, Outcome
from journal.errors import CleoError
from journal.events.types import Identity

WHICH = "the inventory's name of the server that comes back, where another one is aimed at"


class Back(NamedTuple):
    """A server that was proven to follow: in words, behind its name, and what else to know."""

    words: str
    findings: Sequence[Finding] = ()
    facts: dict[str, Any] = {}


class Coming(NamedTuple):
    """How a server is to come back.

    Attributes:
        words: what would be done; empty: it runs as one that follows, and is only proven.
        go: does it, until the server runs. Called only where ``effect`` said True.
        prove: waits until it follows, and tries that.
        findings: what is told before.
        begun: whether a run before began it.
    """

    words: str
    go: Callable[[], None]
    prove: Callable[[], Back]
    findings: Sequence[Finding] = ()
    begun: bool = False


class Rejoining(ABC, Generic[S]):
    """How a type's old primaries come back.

    Attributes:
        fencing: how they are fenced.
        unseen: what becomes of what one took that may write still.
    """

    fencing: Fencing[S]
    unseen: ClassVar[str] = "What it took meanwhile would go unseen."

    @abstractmethod
    def prepare(self, server: S, *, whole: bool) -> Coming:
        """Look how a server can come back, and say it; ``whole``: its data are not to be used again.

        Raises:
            ActionFailed, GateClosed: it cannot.
        """

    @abstractmethod
    def follows(self, server: S) -> tuple[bool, str]:
        """Return whether a server follows its primary now, and how, in words behind its name.

        Raises:
            CleoError: it cannot be asked.
        """

    def only_follows(self, server: S) -> bool:
        """Whether a server that is not fenced can be nothing but one that follows, now and at its next start.

        Raises:
            CleoError, UNSEEN: nobody can tell.
        """
        return False

    def managed(self, server: S) -> Closed | None:
        """Return who brings a server back on its own; None: nobody, or its host cannot be looked at."""
        try:
            return self.fencing.managed(server)
        except UNSEEN:
            return None

    def old(self, ctx: ActionContext, name: str = "") -> S:
        """Return the server that comes back.

        It is the one that is named, or aimed at; of one that took over in this incident it is the one in whose place;
        of another primary what stands by for it by now.

        Raises:
            ActionFailed: there is none, or nobody said which of several.
        """
        kind, server = self.fencing.kind, self.fencing.kind.found(ctx)
        wanted = name or str(ctx.params.get("standby") or "")
        if not wanted and server.settings.standby_of:
            return server
        behind = {one.name: one for one in kind.followers(server)}
        place = wanted or whose_place(ctx.files, server.name)
        return kind.serving(behind[place], server) if place in behind else choose(kind, server, wanted)

    def identity(self, ctx: ActionContext) -> Sequence[Identity]:
        """Return the identity of the server that comes back; of a host that cannot be reached, what is known of it."""
        try:
            return self.fencing.identity_of_fenced(self.old(ctx))
        except ActionFailed as error:
            ctx.log(error.message, "err")
            return self.fencing.identity(ctx)

    def no_writer(self, ctx: ActionContext) -> Closed | None:
        """A gate: it is fenced, or can only follow already. What may write is not touched, whatever the reason."""
        server = self.old(ctx)
        seen = self.fencing.kind.standing(server)
        if seen.fenced or self._only_follows(server):
            return None
        message = f"{server.name} is not fenced: {seen.words}. {self.unseen}"
        return Closed("fenced", message, "never", self.fencing.kind.fence)

    def unmanaged(self, ctx: ActionContext) -> Closed | None:
        """A gate: nobody brings it back on their own."""
        return self.managed(self.old(ctx))

    def named(self, server: S) -> S:
        """Return whom a server is to follow, by the inventory and by this incident.

        Raises:
            ActionFailed: nobody.
        """
        if server.settings.standby_of:
            return self.fencing.kind.server(server.ctx, server.settings.standby_of)
        raise ActionFailed(
            f"{server.name} stands by for nobody, neither in the inventory nor since a failover of this incident.",
            "Promote another server first, or say in the inventory whom it is to follow (standby_of:).",
            left_behind=NOTHING,
        )

    def rejoin(self, ctx: ActionContext, name: str = "", *, whole: bool = False) -> Outcome:
        """Bring a fenced old primary back as one that follows."""
        kind, server = self.fencing.kind, self.old(ctx, name)
        require_reached(kind.fenced(server), lambda: kind.pid(server))
        coming = self.prepare(server, whole=whole)
        if coming.words:
            if not ctx.effect(coming.words):
                would = "go on bringing" if coming.begun else "bring"
                return Outcome(ok=True, summary=f"would {would} {server.name} back", findings=list(coming.findings))
            coming.go()
        back = coming.prove()
        if not ctx.dry_run:
            forget(ctx.files, server.name)
        return Outcome(
            ok=True,
            summary=f"{server.name} {back.words}.",
            facts={"rejoined": True, "lifts": kind.guard.undo, "lifts_at": server.name, **back.facts},
            findings=[*coming.findings, *back.findings],
        )

    def is_rejoined(self, ctx: ActionContext, name: str = "") -> Outcome:
        """Tell whether it follows."""
        server = self.old(ctx, name)
        try:
            ok, words = self.follows(server)
        except CleoError as error:
            message = f"{server.name} cannot be asked: {error.message}"
            return Outcome(ok=False, summary=message, facts={"rejoined": None})
        return Outcome(ok=ok, summary=f"{server.name} {words}.", facts={"rejoined": ok})

    def _only_follows(self, server: S) -> bool:
        try:
            return self.only_follows(server)
        except (CleoError, *UNSEEN):
            return False
