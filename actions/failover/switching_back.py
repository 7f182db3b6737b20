"""``<type>.switch_back``, as it goes for every type: a primary and a standby change places as planned, nothing is lost.

What differs each type fills in: how writers are held, how it is measured that the standby has everything, who leads.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, NamedTuple, NoReturn

from actions.context import ActionContext
from actions.failover.kind import S
from actions.failover.means import NOTHING
from actions.failover.promoting import Promoting
from actions.failover.promotion_record import (
    INVENTORY,
    PromotionRecord,
    forget_promotion,
    require_ours,
    retire_promotion,
    retired_promotion,
    whose_place,
)
from actions.failover.settled import needless_now
from actions.gate import Closed
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from journal.events.base import Settling
from journal.events.types import Identity

WHICH = "the inventory's name of the standby, where it has several"


def record_of(files: Path, primary: str) -> PromotionRecord | None:
    """Return what is written down of who takes a primary's place, also where that came to its end.

    Raises:
        ActionFailed: it cannot be read.
    """
    return PromotionRecord.of(files, primary) or retired_promotion(files, primary)


class Left(NamedTuple):
    """What became of the one that led.

    Attributes:
        words: in words, behind what is said of the other one.
        follows: whether it follows the other one; else it is down, and fenced.
        findings: what else to know.
        cures: what is to be done about it.
    """

    words: str = ""
    follows: bool = True
    findings: Sequence[Finding] = ()
    cures: Sequence[Cure] = ()


class SwitchingBack(ABC, Generic[S]):
    """How a type's primaries and standbys change places.

    Attributes:
        promoting: how a standby comes to lead, and how that is proven.
        alike: how it is known that nothing was lost.
    """

    promoting: Promoting[S, Any]
    alike: ClassVar[str]

    @abstractmethod
    def managed(self, server: S) -> Closed | None:
        """Return who would undo it; None: nobody."""

    @abstractmethod
    def leads(self, primary: S, server: S) -> bool:
        """Return whether the standby leads already.

        Raises:
            ActionFailed: it cannot be asked.
        """

    @abstractmethod
    def look(self, primary: S, server: S) -> Sequence[Finding]:
        """Return what will be otherwise; stop where the standby does not follow, or is not near. Changes nothing.

        Raises:
            ActionFailed, GateClosed: so it is.
        """

    @abstractmethod
    def effect(self, primary: S, server: S) -> str:
        """Return in words what would be done."""

    @abstractmethod
    def hand_over(self, primary: S, server: S) -> PromotionRecord:
        """Hold the writers, measure that the standby has everything, and only then have it lead.

        Call it only where ``effect`` said True. What it returns was written down before that one leads.

        Raises:
            ActionFailed: the standby lacks something, or does not come to lead.
        """

    @abstractmethod
    def left(self, primary: S, server: S) -> Left:
        """Prove what became of the one that led.

        Raises:
            ActionFailed: it may take writes.
        """

    def next(self, primary: S, name: str) -> S:
        """Return who is to lead: who is named, else in whose place the primary was promoted, else the only standby.

        Raises:
            ActionFailed: there is none, or it must be said who.
        """
        kind = self.promoting.fencing.kind
        behind = {one.name: one for one in kind.followers(primary)}
        files, ended = primary.ctx.files, retired_promotion(primary.ctx.files, primary.name)
        for old in (whose_place(files, primary.name), ended.standby if ended else ""):
            if not name and old in behind:
                return kind.serving(behind[old], primary)
        return self.promoting.choose(primary, name)

    def unmanaged(self, ctx: ActionContext) -> Closed | None:
        """A gate: nobody starts the one, or promotes or demotes the other, on their own."""
        return self.managed(self.promoting.fencing.kind.found(ctx)) or self.managed(self._next(ctx))

    def identity(self, ctx: ActionContext) -> Sequence[Identity]:
        """Return the identity of who is to lead; where nobody can say which, of whom it is about."""
        try:
            return self.promoting.identity_of(self._next(ctx))
        except ActionFailed as error:
            ctx.log(error.message, "err")
            return self.promoting.fencing.identity(ctx)

    def not_following(self, primary: S, server: S, why: str) -> NoReturn:
        """Stop: a standby that does not follow cannot take its primary's place without loss.

        Raises:
            ActionFailed: always.
        """
        raise ActionFailed(
            f"{server.name} {why}: it cannot take the place of {primary.name} without loss.",
            left_behind=NOTHING,
            cures=[self._rejoin("Make it one that follows first.")],
        )

    def not_asked(self, primary: S, server: S, silent: S) -> NoReturn:
        """Stop: of one that gives no answer nobody knows what it has; it may be as good as ever.

        Raises:
            ActionFailed: always.
        """
        raise ActionFailed(
            f"{silent.name} cannot be asked: whether {server.name} has all that {primary.name} has is not known.",
            left_behind=NOTHING,
            cures=[
                self._rejoin(f"Bring {server.name} back, where it is fenced."),
                Cure(words=f"Or see in the output why {silent.name} gives no answer; then run this again."),
            ],
        )

    def _rejoin(self, words: str) -> Cure:
        return Cure(words=words, action=f"{self.promoting.fencing.kind.prefix}.rejoin")

    def too_far_behind(self, primary: S, server: S, behind: str) -> NoReturn:
        """Stop at a standby that lacks much: until it has all, nobody could write.

        Raises:
            ActionFailed: always.
        """
        raise ActionFailed(
            f"{server.name} is {behind} behind {primary.name}.",
            f"Wait until it has caught up ({self.promoting.fencing.kind.prefix}.is_rejoined tells): "
            "the application would be kept out as long.",
            left_behind=NOTHING,
        )

    def switch_back(self, ctx: ActionContext, name: str) -> Outcome:
        """Have a primary and its standby change places."""
        primary = self.promoting.fencing.kind.found(ctx)
        server = self.next(primary, name)
        if self.leads(primary, server):
            record = record_of(ctx.files, primary.name)
            return self._done(primary, server, require_ours(record, server.name, self.promoting.fencing.kind.primary))
        findings = self.look(primary, server)
        if not ctx.effect(self.effect(primary, server)):
            would = f"would have {server.name} take the place of {primary.name}"
            return Outcome(ok=True, summary=would, findings=list(findings))
        return self._done(primary, server, self.hand_over(primary, server), findings)

    def is_switched_back(self, ctx: ActionContext, name: str) -> Outcome:
        """Tell whether the one leads that is to."""
        kind = self.promoting.fencing.kind
        server = self.next(kind.found(ctx), name)
        leads = kind.promoted(server)
        said = {None: "cannot be asked", True: f"is a {kind.primary}", False: f"is a {kind.standby}"}[leads]
        return Outcome(ok=bool(leads), summary=f"{server.name} {said}.", facts={"promoted": leads})

    def _next(self, ctx: ActionContext) -> S:
        return self.next(self.promoting.fencing.kind.found(ctx), str(ctx.params.get("standby") or ""))

    def _done(self, primary: S, server: S, record: PromotionRecord, findings: Sequence[Finding] = ()) -> Outcome:
        done = self.promoting.finish(primary, server, record, findings)
        left = self.left(primary, server)
        allow = Cure(
            words=f"{server.name} leads, and the application is kept out of it.",
            action=f"{self.promoting.fencing.kind.prefix}.allow_writers",
        )
        return Outcome(
            ok=True,
            summary=f"Nothing was lost, {self.alike}. {done.summary}{left.words}",
            facts=done.facts,
            findings=[*_in_its_place_again(primary, server, done.findings), *left.findings],
            cures=[allow, *left.cures],
            settles=self._settled(primary, server, follows=left.follows),
        )

    def _settled(self, primary: S, server: S, *, follows: bool) -> list[Settling]:
        """Return that neither fence nor promotion is needed: they changed places as planned."""
        how = f"{server.name} and {primary.name} changed places"
        follows_it = f"{primary.name} follows {server.name}" if follows else ""
        down = "" if follows else f"{primary.name} is fenced"
        return needless_now(self.promoting.fencing.kind.prefix, primary.name, how, follows=follows_it, down=down)


def _in_its_place_again(primary: Any, server: Any, findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings of a promotion, its records forgotten where that gave a server its own place back."""
    files = server.ctx.files
    before = PromotionRecord.of(files, server.name)
    if not before or before.standby != primary.name:
        return list(findings)
    retire_promotion(files, primary.name)
    forget_promotion(files, server.name)
    said = "is right again, unless somebody changed it since the failover: then change it back"
    right = Finding(severity="note", about=INVENTORY, text=said)
    return [right if one.about == INVENTORY else one for one in findings]
