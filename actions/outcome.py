"""How an action ends, and the ways in which it can be stopped short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from journal.errors import CleoError
from journal.events.base import Cure, Finding, Settling


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an action has to say at its end.

    Attributes:
        ok: whether it did what it is for. A look around is ok once it has looked, whatever it saw; a verification
            is ok only if what it verifies is sound.
        summary: one line for the checklist and the report.
        facts: measured values for clocks and report. Keys are agreed in ``docs/architecture.md``:
            ``newest_commit_at``, ``backup``, ``bytes``, ``archived_until``, ``aside``…
        left_behind: what state an unfinished or failed action leaves, in words.
        findings: what was seen. A look with warnings is neither done nor failed; only what is proven wrong makes a
            verification fail.
        cures: what helps, the best first: an action to run next, or what a person can do.
        settles: the actions that were found needless or impossible at a system, or of use after all.
        partial: what kept a look from being whole ("quick check"): it lets people go on, and proves nothing.
        examined: the systems whose data were looked at to the end: what was found wrong there before is replaced.
    """

    ok: bool
    summary: str
    facts: dict[str, Any] = {}
    left_behind: str = ""
    findings: list[Finding] = []
    cures: list[Cure] = []
    settles: list[Settling] = []
    partial: str = ""
    examined: list[str] = []


class ActionFailed(CleoError):
    """The action cannot do its work.

    Args:
        message: what stands in the way.
        hint: what a person is to do, in words, where that is no step, parameter or override: it is then the only cure.
        left_behind: in what state the system is now.
        facts: what was measured on the way.
        cures: what helps, the best first. With neither cure nor hint the console offers to run the action again.
        findings: what it came upon: damage that kept it from its work is known from then on.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        left_behind: str = "",
        facts: dict[str, Any] | None = None,
        cures: Sequence[Cure] = (),
        findings: Sequence[Finding] = (),
    ) -> None:
        super().__init__(message, hint or (cures[0].words if cures else ""))
        self.left_behind = left_behind
        self.facts = facts or {}
        self.cures = list(cures)
        self.findings = list(findings)


class Cancelled(Exception):
    """Somebody asked the action to stop, and it has stopped. ``left_behind`` says in what state."""

    def __init__(self, left_behind: str = "") -> None:
        super().__init__(left_behind)
        self.left_behind = left_behind


class GateClosed(CleoError):
    """A safety gate that only the action can see is closed (space, a failed verification, a fence).

    Args:
        gate: its name, as an override names it.
        message: what stands in the way.
        hint: what to do next.
        yields: what a person must give to pass: a reason, a reason and the typed target, or nothing helps.
        opens: the action or decision that opens it.
        cures: what helps, the best first, as in `ActionFailed`.
    """

    def __init__(
        self,
        gate: str,
        message: str,
        hint: str = "",
        *,
        yields: Literal["never", "reason", "reason and target"] = "reason",
        opens: str = "",
        cures: Sequence[Cure] = (),
    ) -> None:
        super().__init__(message, hint or (cures[0].words if cures else ""))
        self.gate = gate
        self.yields = yields
        self.opens = opens
        self.cures = list(cures)


class InDoubt(CleoError):
    """It cannot be known whether the effect took place; a person decides."""


def said(error: Exception) -> str:
    """Return what an error says; one that nobody foresaw, with its kind."""
    return str(error) if isinstance(error, CleoError) else f"{type(error).__name__}: {error}"


__all__ = ["ActionFailed", "Cancelled", "Cure", "Finding", "GateClosed", "InDoubt", "Outcome", "Settling", "said"]
