"""Who is asked for a change of a zone, and who says what it has: one interface for every way to do that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import msgspec

from actions.context import ActionContext
from actions.outcome import Cure, Finding
from actions.systems.dns.looking import Answers, Held, Keys
from actions.systems.dns.neighbours import Beside
from actions.systems.dns.sets import RecordSet
from actions.systems.dns.settings import Record
from journal.errors import CleoError
from journal.events.types import Identity

LOOK_WHO = Cure(words="See what every server has now, and who changed it.", action="dns.look")
ALL_AS_BEFORE = "Nothing was changed: an update is made whole or not at all."


class Unanswered(CleoError):
    """A change was sent, and nobody said whether it was made."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A change that counts: the authority has it.

    Attributes:
        words: by what that is known: ``serial 7``.
        facts: the same for the journal.
        findings: what must be known of it.
        pending: what it waits for yet, so that it does not count; empty: nothing.
    """

    words: str
    facts: dict[str, Any] = {}
    findings: list[Finding] = []
    pending: str = ""

    def cures(self) -> list[Cure]:
        """Return what helps where it does not count yet."""
        words = "Ask its name servers until they have it; nothing is to be changed again."
        return [Cure(words=words, action="dns.verify")] if self.pending else []


class Authority(Protocol):
    """Who has a zone's records and changes them."""

    late_s: float
    """Seconds for which a change whose answer was lost may still be made."""

    @property
    def name(self) -> str:
        """What people call it."""

    def held(self, keys: Keys, seen: Sequence[Answers]) -> Held:
        """Return what it has of some record sets; ``seen`` is what the name servers answered just now, if anything."""

    def beside(self, records: Sequence[Record]) -> Beside:
        """Return what stands beside some records."""

    def own_sets(self, held: Held, beside: Beside) -> list[RecordSet]:
        """Return what the names have themselves: without what only a wildcard answers for them.

        Raises:
            ActionFailed: it does not tell.
        """

    def prepare(self, old: Sequence[RecordSet], new: Sequence[RecordSet], seen: Sequence[Answers]) -> Any:
        """Return the change: all of ``old`` must be so, value for value, and is replaced by ``new``, or nothing is.

        Raises:
            ActionFailed: it cannot be made.
        """

    def send(self, ctx: ActionContext, change: Any) -> Any:
        """Send a change once, and return what it is called there.

        Raises:
            ActionFailed: it was refused: nothing was changed.
            Unanswered: nobody knows.
        """

    def proven(self, ctx: ActionContext, held: Held, new: Sequence[RecordSet], sent: Any) -> Made:
        """Return by what is known that the change counts.

        Args:
            ctx: the run.
            held: what it has since.
            new: what it is to have.
            sent: what `send` returned; None: its answer was lost.

        Raises:
            ActionFailed: it has something else, or does not give it to those who ask.
        """

    def name_servers(self) -> set[str]:
        """Return the whole names of the zone's name servers, as it has them; none where it does not say."""

    def identity(self) -> list[Identity]:
        """Return what tells it from every other."""

    def findings(self, records: Sequence[Record]) -> Iterator[Finding]:
        """Yield what would keep it from a change of some records, or make that another thing than it seems."""
