"""``communications.escalate``: call one level after the other, until a person has answered."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.channels.settings import Communications
from actions.communications.audience import recipients
from actions.communications.delivery import deliver, message_for, show, summary_of
from actions.communications.record import key
from actions.context import ActionContext, Level, NotedCall, Progress
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from journal.wording.durations import rough_duration

NAME = "communications.escalate"
_LOOK_S = 0.25
_HAND = "Call them by telephone: e shows the numbers; note the call and the answer there."
_MINUTES = 30


def by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return whom to call, and how long each has to answer."""
    levels = known.facts.escalation if known.facts else ()
    text = "\n".join(
        f"{one.level} {one.role}: {one.contact}, {rough_duration(one.answer_s)} to answer" for one in levels
    )
    return [CommandLine(what="Call these, one after the other, until somebody answers", text=text)] if text else ()


@action(
    NAME,
    resumable=True,
    by_hand=by_hand,
    unready="it calls people: whether the plan's contacts are real is told of the plan",
)
def escalate(ctx: ActionContext) -> Outcome:
    """Call the levels of the escalation matrix, one after the other, until a person has answered.

    Each level is an audience of the inventory that is called like it (`L1`). It has the plan's time to answer; then the
    next one is called. What ends it is an answer that a person noted (a digit at the step of calls, or `e`), never what
    a channel says. A level that is noted as called is not called again: its time is waited for. Outside the kind REAL
    the calls go to the exercise recipients, marked as an exercise.

    Needs: `communications:` in the inventory, with an audience for at least one level.

    Leaves: each call noted with how it was made, and the message and what came back of it in the output.

    Killed half way: who was called is noted, and it goes on from there; a call that was not noted yet is made again.
    """
    found = ctx.inventory.communications
    levels = [one for one in ctx.incident.escalation if found and one.level in found.audiences]
    if found is None or not levels:
        raise ActionFailed("The inventory has an audience for no level of the escalation matrix.", _HAND)
    skipped = [one for one in ctx.incident.escalation if one not in levels]
    findings = [_finding(one, "the inventory has no audience of that name") for one in skipped]
    for level in levels:
        if who := _answered(ctx, levels):
            return Outcome(ok=True, summary=f"{who}.", findings=findings)
        if level.level not in ctx.calls() and (why := _call(ctx, found, level)):
            findings.append(_finding(level, why))
            continue
        if not ctx.dry_run:
            _wait(ctx, levels, level)
    return _end(ctx, levels, findings)


def _call(ctx: ActionContext, found: Communications, level: Level) -> str:
    """Call a level, and note it; return why nobody could be called."""
    to = recipients(found, level.level, ctx.incident.kind)
    text = f"You are called as {level.level} ({level.role}). Answer within {rough_duration(level.answer_s)}."
    sent = message_for(ctx, found, level.level, text, _MINUTES)
    show(ctx, sent.message, to, [one for one in to if not sent.has_it(one)])
    if not ctx.effect(f"call {level.level} ({level.role}) by {', '.join(key(one) for one in to)}"):
        return ""
    deliver(ctx, found, level.level, sent, to)
    reached = [one for one in to if sent.has_it(one)]
    if not reached:
        return summary_of(to, sent)
    ctx.note_call(level.level, f"by {', '.join(key(one) for one in reached)}; message {sent.id}")
    return ""


def _wait(ctx: ActionContext, levels: Sequence[Level], level: Level) -> None:
    """Wait until somebody has answered, or the level's time is over."""
    while not _answered(ctx, levels):
        ctx.check_cancelled()
        call = ctx.calls().get(level.level)
        left = level.answer_s - _since(call) if call else level.answer_s
        if left <= 0:
            ctx.log(f"{level.level} ({level.role}) did not answer within {rough_duration(level.answer_s)}.", "err")
            return
        ctx.progress(Progress(text=f"{level.level} has {rough_duration(left)} left to answer", eta_s=left))
        time.sleep(_LOOK_S)  # between two looks


def _since(call: NotedCall) -> float:
    return (datetime.now(UTC) - call.at).total_seconds()


def _answered(ctx: ActionContext, levels: Sequence[Level]) -> str:
    """Return which level has answered, in words; empty while none has."""
    calls = ctx.calls()
    for level in levels:
        call = calls.get(level.level)
        if call and call.answered_at:
            return f"{level.level} answered{f' ({call.who})' if call.who else ''} after {rough_duration(_took(call))}"
    return ""


def _took(call: NotedCall) -> float:
    return (call.answered_at - call.at).total_seconds() if call.answered_at else 0.0


def _end(ctx: ActionContext, levels: Sequence[Level], findings: list[Finding]) -> Outcome:
    names = ", ".join(one.level for one in levels)
    if ctx.dry_run:
        return Outcome(ok=True, summary=f"It would call {names}, until somebody answers.", findings=findings)
    if who := _answered(ctx, levels):
        return Outcome(ok=True, summary=f"{who}.", findings=findings)
    return Outcome(
        ok=False, summary=f"Nobody answered: {names}.", findings=findings, cures=[Cure(words=_HAND, instead=True)]
    )


def _finding(level: Level, why: str) -> Finding:
    return Finding(severity="warning", about=f"{level.level} {level.role}", text=f"was not called: {why}", cure=_HAND)
