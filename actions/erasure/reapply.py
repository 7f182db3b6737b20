"""Carries erasure requests out again at one system: what it does is the same for every type, how is the type's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from actions.context import ActionContext
from actions.erasure.due import VERB, Due, doubts, due_at, find_ledger
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from journal.wording.counting import count


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What a system has of some users.

    Attributes:
        places: how much of it lies where (a table, a collection, a kind of keys); only what is not 0.
        blocked: why it cannot be erased, a line each: somebody else's data would go, too.
        findings: what nobody could look at, or a person must see to.
    """

    places: Mapping[str, int] = {}
    blocked: Sequence[str] = ()
    findings: Sequence[Finding] = ()

    @property
    def total(self) -> int:
        """How much it is."""
        return sum(self.places.values())


class Eraser(Protocol):
    """Finds and erases what one system has of some users, and nothing of anybody else."""

    @property
    def thing(self) -> str:
        """What it counts: ``row``, ``document``, ``key``."""

    def look(self, users: Sequence[str]) -> Held:
        """Return what there is of the users. It changes nothing.

        Raises:
            CleoError: it cannot be told.
        """

    def erase(self, users: Sequence[str]) -> Mapping[str, int]:
        """Erase it, and return how much of it went where. Call it only where ``effect`` said True.

        Raises:
            CleoError: not all of it could be erased.
        """


def look_again(ctx: ActionContext, eraser: Eraser) -> Outcome:
    """Tell what a system still has of users who were erased since: ``ok`` where that is nothing."""
    due, findings = _due(ctx)
    held = eraser.look(due.users)
    return Outcome(
        ok=not held.total,
        summary=_left(due, held, eraser.thing),
        facts={"users": len(due.users), "left": dict(held.places)},
        findings=[*held.findings, *findings],
        cures=[Cure(words="Carry the requests out again.", action=_name(ctx))] if held.total else [],
    )


def reapply(ctx: ActionContext, eraser: Eraser) -> Outcome:
    """Erase again what a restore brought back of users who were erased since, and prove that it is gone.

    Raises:
        ActionFailed: no ledger is named or can be read; somebody else's data would go; or something is there after it.
    """
    due, findings = _due(ctx)
    held = eraser.look(due.users)
    findings = [*held.findings, *findings]
    for finding in findings:
        ctx.log(str(finding), "err")
    if held.blocked:
        raise ActionFailed(
            f"What {ctx.system} has of these users cannot be erased by itself: {'; '.join(held.blocked)}.",
            "Say in the inventory whose these are (user_data of the system), or erase them by hand; then run it again.",
            left_behind="Nothing was erased.",
        )
    if not held.total:
        return Outcome(ok=True, summary=_left(due, held, eraser.thing), facts=_facts(due, {}), findings=findings)
    for place, number in held.places.items():
        ctx.log(f"{place}: {number:,}")
    words = f"erase {count(held.total, eraser.thing)} of {count(len(due.users), 'user')} ({_said(held.places)})"
    if not ctx.effect(words):
        return Outcome(ok=True, summary=f"would {words}", facts=_facts(due, held.places), findings=findings)
    gone = eraser.erase(due.users)
    if (after := eraser.look(due.users)).total:
        raise ActionFailed(
            f"{count(after.total, eraser.thing)} of users who were erased are there again: {_said(after.places)}.",
            left_behind="The rest is erased.",
            facts=_facts(due, gone),
            cures=[Cure(words="Find out who writes there; then erase them again.", action=_name(ctx))],
        )
    return Outcome(
        ok=True,
        summary=f"{count(sum(gone.values()), eraser.thing)} of {count(len(due.users), 'user')} erased again "
        f"({_said(gone)}); counted after it: none is left.",
        facts=_facts(due, gone),
        findings=findings,
    )


def _due(ctx: ActionContext) -> tuple[Due, list[Finding]]:
    settings, ledger = find_ledger(ctx)
    due = due_at(ctx, ctx.system, settings, ledger)
    words = due.words if due.restored else "nothing was restored there in this incident"
    ctx.log(f"{ctx.system}: {count(len(due.users), 'user')} to be erased again ({words}).")
    return due, doubts(ledger, settings)


def _name(ctx: ActionContext) -> str:
    return ctx.inventory.type_of(ctx.system).role(VERB)


def _left(due: Due, held: Held, thing: str) -> str:
    if not due.restored:
        return "Nothing was restored there in this incident: nobody is to be erased again."
    if not due.users:
        return f"No erasure request {due.words}: nobody is to be erased again."
    if not held.total:
        return f"Nothing is there of the {count(len(due.users), 'user')} who were erased {due.words}."
    return f"{count(held.total, thing)} of {count(len(due.users), 'user')} who were erased: {_said(held.places)}."


def _said(places: Mapping[str, int]) -> str:
    return "; ".join(f"{place} {number:,}" for place, number in places.items() if number)


def _facts(due: Due, places: Mapping[str, int]) -> dict[str, object]:
    """Return counts alone: the ids are in the ledger, and in the findings of the list."""
    return {"users": len(due.users), "erased": dict(places)}
