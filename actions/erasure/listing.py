"""``erasure.list``: which users were erased since what each system was recovered to, and so may be back."""

from __future__ import annotations

from collections.abc import Mapping

from actions.action import action
from actions.context import ActionContext
from actions.erasure.due import BY_HAND, NO_LEDGER, VERB, Due, doubts, due_at, find_ledger
from actions.erasure.ledger import Ledger, Request
from actions.outcome import Finding, Outcome, Settling
from actions.readiness.ready import DRY_RUN
from journal.wording.counting import count
from journal.wording.instants import utc

_NAMED = 200
"""Of how many requests a finding is made; the others are counted."""


@action("erasure.list", ready=DRY_RUN)
def list_requests(ctx: ActionContext) -> Outcome:
    """List the erasure requests since the recovery point.

    They are read from the ledger that the inventory names. Each system's step of carrying them out again is settled by
    it: not needed where there is none, not possible where no ledger is named.

    Needs: the ledger (`erasure:` in the inventory), on a host that can be reached.
    """
    acting = _acting(ctx)
    if ctx.inventory.erasure is None:
        return _no_ledger({system: _action(ctx, system) for system in acting})
    settings, ledger = find_ledger(ctx)
    due = {system: due_at(ctx, system, settings, ledger) for system in acting}
    for system, one in due.items():
        words = f"{count(len(one.requests), 'request')} {one.words}" if one.restored else "nothing was restored there"
        ctx.log(f"{system}: {words}.")
    findings = [*_named(due), *_by_hand(ctx, due), *doubts(ledger, settings)]
    for finding in findings:
        ctx.log(str(finding), "err")
    return Outcome(
        ok=True,
        summary=_summary(due, ledger),
        facts={"requests": len(_where(due)), "in_the_ledger": len(ledger.requests)},
        findings=findings,
        settles=[_settled(ctx, system, one, ledger) for system, one in due.items()],
        partial=f"{count(len(ledger.unread), 'entry', 'entries')} of the ledger cannot be read"
        if ledger.unread
        else "",
    )


def _acting(ctx: ActionContext) -> list[str]:
    """Return the systems that requests can be carried out at. A standby's data are its primary's."""
    return [
        name
        for name, settings in ctx.inventory.systems.items()
        if not settings.standby_of and _action(ctx, name) in ctx.inventory.type_of(name).actions
    ]


def _action(ctx: ActionContext, system: str) -> str:
    return ctx.inventory.type_of(system).role(VERB)


def _no_ledger(acting: Mapping[str, str]) -> Outcome:
    text = f"{NO_LEDGER}: nobody can tell who was erased since the recovery point, and is back"
    return Outcome(
        ok=True,
        summary="The inventory names no ledger of erasure requests: nobody can tell who must be erased again.",
        findings=[Finding(severity="warning", about="erasure requests", text=text, cure=BY_HAND)],
        settles=[
            Settling(action=name, use="impossible", words=NO_LEDGER, system=system) for system, name in acting.items()
        ],
        partial="no ledger is named",
    )


def _settled(ctx: ActionContext, system: str, due: Due, ledger: Ledger) -> Settling:
    name = _action(ctx, system)
    if due.requests:
        return Settling(action=name, use="open", system=system)
    newest = f", the newest of {utc(ledger.requests[-1].at)}" if ledger.requests else ""
    words = f"no erasure request {due.words}{newest}" if due.restored else "nothing was restored there"
    return Settling(action=name, use="needless", words=words, system=system)


def _where(due: Mapping[str, Due]) -> dict[Request, list[str]]:
    """Return each request with the systems that it is to be carried out at again, the oldest first."""
    found: dict[Request, list[str]] = {}
    for system, one in due.items():
        for request in one.requests:
            found.setdefault(request, []).append(system)
    return dict(sorted(found.items(), key=lambda pair: pair[0].at))


def _named(due: Mapping[str, Due]) -> list[Finding]:
    where = _where(due)
    found = [
        Finding(
            severity="note",  # the step that carries it out again is open: that is what must be done
            about=f"user {request.user}",
            text=f"was erased at {utc(request.at)}, and may be back in {', '.join(systems)}",
        )
        for request, systems in list(where.items())[:_NAMED]
    ]
    if len(where) > _NAMED:
        text = f"{len(where) - _NAMED:,} more were erased since"
        found.append(Finding(severity="note", about="erasure requests", text=text))
    return found


def _by_hand(ctx: ActionContext, due: Mapping[str, Due]) -> list[Finding]:
    """Name the systems that were restored and hold what nothing here erases."""
    others = [name for name in ctx.incident.recovered_to if name not in due and name in ctx.inventory.systems]
    if not others or not _where(due):
        return []
    text = "what it has of these users is not erased by Cleo"
    return [Finding(severity="warning", about=name, text=text, cure="Erase it by hand.") for name in others]


def _summary(due: Mapping[str, Due], ledger: Ledger) -> str:
    each = [f"{system} {len(one.requests)}" for system, one in due.items() if one.requests]
    has = f"the ledger has {count(len(ledger.requests), 'request')}"
    if ledger.requests:
        has += f", the newest of {utc(ledger.requests[-1].at)}"
    if not each:
        return f"No erasure request is to be carried out again; {has}."
    return f"To be carried out again: {'; '.join(each)}; {has}."
