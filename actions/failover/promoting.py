"""``<type>.promote`` and ``is_promoted``, as they go for every type; what differs each type fills in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from actions.context import ActionContext
from actions.failover.choice import require_meant
from actions.failover.fencing import Fencing
from actions.failover.kind import S
from actions.failover.latest import require_latest
from actions.failover.promotion_record import PromotionRecord, require_ours, still_names, whose_place
from actions.gate import Closed
from actions.outcome import ActionFailed, Finding, Outcome
from journal.events.measured import Measured
from journal.events.types import Identity


class Chosen(Protocol):
    """Who is to take over, with what the type saw of it."""

    @property
    def server(self) -> Any:
        """The server."""
        ...

    @property
    def already(self) -> bool:
        """Whether it is a primary already; then only one that this incident promoted is seen through."""
        ...


C = TypeVar("C", bound=Chosen)


class TookOver(NamedTuple, Generic[S]):
    """Who took over: the one that was asked to, or whom the others preferred; and what to know of how."""

    server: S
    words: str = ""
    findings: Sequence[Finding] = ()


class Proven(NamedTuple):
    """A promotion that was proven: in words, what came back with it, and what else to know."""

    words: str
    back: Measured
    findings: Sequence[Finding] = ()
    facts: dict[str, Any] = {}


class Promoting(ABC, Generic[S, C]):
    """How a type's standbys are promoted.

    Attributes:
        fencing: how the old primary is fenced.
        two: what two primaries do.
        no_users: the field of the inventory without which nobody is kept out.
    """

    fencing: Fencing[S]
    two: ClassVar[str] = "Two primaries make two histories."
    no_users: ClassVar[str]

    @abstractmethod
    def choose(self, primary: S, name: str) -> S:
        """Return who takes over: who is named, else who can.

        Raises:
            ActionFailed: nobody can, or it must be said who.
        """

    @abstractmethod
    def look(self, primary: S, name: str) -> C:
        """Return the same with what is seen of it."""

    @abstractmethod
    def managed(self, server: S) -> Closed | None:
        """Return who promotes or demotes a standby on its own; None: nobody."""

    @abstractmethod
    def identity_of(self, server: S) -> Sequence[Identity]:
        """Return what tells a standby from every other server."""

    @abstractmethod
    def told(self, primary: S, chosen: C) -> list[Finding]:
        """Return what it lacks, and what will be otherwise once it leads; stop at one that cannot be promoted.

        Raises:
            ActionFailed, GateClosed: so it is.
        """

    def left_out(self, chosen: C) -> tuple[str, str]:
        """Return why it is not for taking over, and what promoting it takes away; empty: it is for that."""
        return "", ""

    def require_fit(self, primary: S, chosen: C) -> None:  # most types need nothing more
        """Stop where what it lacks must be decided."""

    @abstractmethod
    def effect(self, chosen: C) -> str:
        """Return in words what would be done."""

    @abstractmethod
    def record(self, chosen: C) -> PromotionRecord:
        """Return what is written down before it begins."""

    @abstractmethod
    def take_over(self, primary: S, chosen: C) -> TookOver[S]:
        """Keep the application out of it and promote it. Called only where ``effect`` said True."""

    @abstractmethod
    def prove(self, server: S, record: PromotionRecord) -> Proven:
        """Wait until it leads, keep the application out, and have it take a commit within seconds.

        Raises:
            ActionFailed: it does not come to that.
        """

    @abstractmethod
    def keeps_out(self, server: S) -> bool:
        """Whether the inventory says whom to keep out."""

    def hold_back(self, primary: S, server: S) -> list[Finding]:
        """Have the old one not lead again by itself once it is back; return what was changed for that."""
        return []

    def not_for_good(self, server: S) -> str:
        """Return what would undo the promotion at its next start; empty: nothing is seen."""
        return ""

    def old_fenced(self, ctx: ActionContext) -> Closed | None:
        """A gate: the old primary is proven not to write, now. One that is seen to write, no reason gets past."""
        kind = self.fencing.kind
        primary = kind.found(ctx)
        seen = kind.standing(primary)
        if seen.fenced:
            ctx.log(f"{primary.name} is fenced: {seen.words}.")
            return None
        message = f"{primary.name} is not proven to be fenced: {seen.words}. {self.two}"
        return Closed("fenced", message, "never" if seen.alive else "reason and target", kind.fence)

    def unmanaged(self, ctx: ActionContext) -> Closed | None:
        """A gate: nobody promotes, rewinds or demotes the standby on their own."""
        return self.managed(self.standby(ctx))

    def identity(self, ctx: ActionContext) -> Sequence[Identity]:
        """Return the identity of who would be promoted; where nobody can say which, of whom it is about."""
        try:
            return self.identity_of(self.standby(ctx))
        except ActionFailed as error:
            ctx.log(error.message, "err")
            return self.fencing.identity(ctx)

    def standby(self, ctx: ActionContext, name: str = "") -> S:
        """Return who would be promoted, or took over already: that one is asked about itself."""
        server = self.fencing.kind.found(ctx)
        if whose_place(ctx.files, server.name):
            return server
        return self.choose(server, name or str(ctx.params.get("standby") or ""))

    def promote(self, ctx: ActionContext, name: str) -> Outcome:
        """Have a standby take its primary's place."""
        primary = self.fencing.kind.found(ctx)
        require_latest(ctx, primary.name)
        chosen = self.look(primary, name)
        record = PromotionRecord.of(ctx.files, primary.name)
        if chosen.already:
            ours = require_ours(record, chosen.server.name, self.fencing.kind.primary)
            return self.finish(primary, chosen.server, ours, [])
        findings = self.told(primary, chosen)
        for finding in findings:
            ctx.log(f"{finding.about}: {finding.text}", "err" if finding.severity != "note" else "out")
        why, cost = self.left_out(chosen)
        require_meant(ctx, chosen.server.name, why, cost)
        self.require_fit(primary, chosen)
        if not ctx.effect(self.effect(chosen)):
            return Outcome(ok=True, summary=f"would promote {chosen.server.name}", findings=findings)
        record = self.record(chosen)
        record.keep(ctx.files, primary.name)
        took = self.take_over(primary, chosen)
        return self.finish(primary, took.server, record, [*findings, *took.findings], took.words)

    def finish(
        self, primary: S, server: S, record: PromotionRecord, findings: Sequence[Finding], how: str = ""
    ) -> Outcome:
        """Prove a promotion, and tell what came back with it.

        Args:
            primary: the old primary.
            server: who took over.
            record: what was written down before.
            findings: what was told before.
            how: how it took over, where that is to be said.
        """
        proven = self.prove(server, record)
        held_back = self.hold_back(primary, server)
        out = "writers are kept out (tried)" if self.keeps_out(server) else f"nobody is kept out: no {self.no_users}"
        return Outcome(
            ok=True,
            summary=f"{server.name} {proven.words}; {out}{how}.",
            facts={"took_over": {"system": server.name, "of": primary.name}, **proven.facts, **proven.back.facts()},
            findings=[
                *findings,
                *proven.findings,
                *held_back,
                still_names(primary.name, server.name, primary.settings.plays),
            ],
        )

    def is_promoted(self, ctx: ActionContext, name: str) -> Outcome:
        """Tell whether a standby became a primary."""
        kind, server = self.fencing.kind, self.standby(ctx, name)
        leads = kind.promoted(server)
        said = {None: "cannot be asked", True: f"is a {kind.primary}", False: f"is a {kind.standby}"}[leads]
        but = self.not_for_good(server) if leads else ""
        summary = f"{server.name} {said}{f', and {but}' if but else ''}."
        return Outcome(ok=bool(leads) and not but, summary=summary, facts={"promoted": leads})
