"""How a type of system is looked at: its health, and the closer look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from journal.events.types import Cure, Finding, Settling

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.health import Health
    from actions.transport import Transport


class Probe(Protocol):
    """Measures a system's health. It changes nothing, and ends within its deadline."""

    def __call__(self, system: str, settings: Any, host: Transport | None, *, deadline_s: float) -> Health:
        """Return the health.

        Args:
            system: its name in the inventory.
            settings: what the inventory says of it.
            host: the way to its host; None where it names none.
            deadline_s: seconds for all of it.
        """


class Examination(msgspec.Struct, kw_only=True):
    """What a closer look at one system saw.

    Attributes:
        facts: measured values; those of `journal.events.measured.Measured` count for clocks and loss.
        lines: what a person reads in the report, in order.
        findings: what a person must see to.
        cures: what helps against them, the best first.
        settles: which of the type's actions are needless or impossible here; ``open`` where a look before may have said
            so. What could not be seen is left out.
        summary: further words on it for the summary; empty: its health says all.
    """

    facts: dict[str, Any] = {}
    lines: list[str] = []
    findings: list[Finding] = []
    cures: list[Cure] = []
    settles: list[Settling] = []
    summary: str = ""


class Examine(Protocol):
    """Looks at a system more closely than its health. It changes nothing."""

    def __call__(self, ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
        """Return what it saw; what cannot be looked at is said in it, not raised.

        Args:
            ctx: the action's context.
            system: its name in the inventory.
            health: as it was just measured.
            thorough: read the data itself, for minutes (a damage report); else look for seconds (a health check).
        """
