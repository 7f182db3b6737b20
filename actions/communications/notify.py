"""``communications.notify``: tell an audience how things are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.channels.settings import Communications, Recipient
from actions.communications.answer import Answer
from actions.communications.audience import recipients
from actions.communications.message import Message, compose, next_update
from actions.communications.record import Sent, keep, key, last_sent
from actions.communications.sending import send_all
from actions.context import ActionContext, IncidentFacts
from actions.outcome import ActionFailed, Cancelled, Cure, Outcome
from journal.events.types import Kind
from journal.store.chain import short_head
from journal.wording.counting import count

NAME = "communications.notify"
_ON_PAPER = IncidentFacts(id="INCIDENT", kind=Kind.REAL, title="WHAT IS DOWN", lead="WHO LEADS", head="HEAD")
_MINUTES = 30


def by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return the message to be copied, and who is to get it."""
    found, audience = known.inventory.communications, str(known.params.get("audience", "stakeholders"))
    if found is None:
        return ()
    facts = known.facts or _ON_PAPER
    told = ", ".join(key(one) for one in recipients(found, audience, facts.kind))
    minutes = int(known.params.get("next_update_minutes", _MINUTES))
    message = _compose(facts, found, audience, str(known.params.get("text", "")), minutes)
    what = f"Send this, by whatever still works, to: {told}"
    return [CommandLine(what=what, text=f"{message.subject}\n\n{message.text}")]


@action(
    NAME,
    params={
        "audience": "who is told: an audience of the inventory",
        "text": "what to tell them, in your own words",
        "next_update_minutes": "when you will speak next, in minutes from now",
    },
    by_hand=by_hand,
)
def notify(
    ctx: ActionContext, *, audience: str = "stakeholders", text: str = "", next_update_minutes: int = _MINUTES
) -> Outcome:
    """Tell an audience how things are.

    The dry run shows the message, and to whom it would go. Outside the kind REAL it is marked as an exercise, and goes
    to the inventory's exercise recipients alone. Run again, it goes only to those who lack it, until all have it, other
    words are given, or the time is over at which the next message was promised: then it is a new message.
    "Accepted" is what the next hop says; nobody knows by it whether it was delivered, or read.

    Needs: `communications:` in the inventory, and a channel that can be reached.

    Leaves: who was told what, and what came back of each, in the journal; nothing is changed in any system.

    Killed half way: who was told stands in the output; run again, it goes to those of whom no acceptance was seen,
    under the same id, so that a second copy can be told.
    """
    found = ctx.inventory.communications
    if found is None:
        raise ActionFailed("The inventory names no channels to tell anybody.", "Tell them by hand, then mark it done.")
    to = recipients(found, audience, ctx.incident.kind)
    sent = _message(ctx, found, audience, text, next_update_minutes)
    lack = [one for one in to if not sent.has_it(one)]
    _show(ctx, sent.message, to, lack)
    if not ctx.effect(f"send it to {', '.join(key(one) for one in lack)}"):
        return Outcome(ok=True, summary=f"It would go to {count(len(lack), 'recipient')}.")
    _send(ctx, found, audience, sent, to)
    if ctx.cancelled:
        raise Cancelled(f"Message {sent.id}: {_summary(to, sent)}.")
    return _outcome(audience, to, sent)


def _message(ctx: ActionContext, found: Communications, audience: str, text: str, minutes: int) -> Sent:
    """Return the message that some still lack, or a new one."""
    last = last_sent(ctx.files, audience)
    if last and not last.whole and last.asked == text and time.time() < last.until:
        return last
    message = _compose(ctx.incident, found, audience, text, minutes)
    until = next_update(datetime.now(UTC), minutes).timestamp()
    return Sent(id=message.id, subject=message.subject, text=message.text, asked=text, until=until)


def _compose(facts: IncidentFacts, found: Communications, audience: str, text: str, minutes: int) -> Message:
    """Return a new message; its id names the moment of the journal at which it was made."""
    id = f"{facts.id}/{audience}/{short_head(facts.head)}"
    at = next_update(datetime.now(UTC), minutes)
    return compose(facts, audience, found.templates, id=id, text=text, next_update=at)


def _show(ctx: ActionContext, message: Message, to: Sequence[Recipient], lack: Sequence[Recipient]) -> None:
    ctx.log(f"Message {message.id}:")
    for line in [message.subject, "", *message.text.splitlines()]:
        ctx.log(f"  {line}")
    for one in to:
        ctx.log(f"To {key(one)}{'' if one in lack else ': has it already'}")


def _send(ctx: ActionContext, found: Communications, audience: str, sent: Sent, to: Sequence[Recipient]) -> None:
    """Send it to those who lack it, and write down what came back as it comes."""
    if why := keep(ctx.files, audience, sent):
        ctx.log(f"What is sent cannot be noted beside the journal ({why}): a retry would go to all.", "err")
    lack = [one for one in to if not sent.has_it(one)]
    for one, answer in send_all(found, lack, sent.message, ctx.secret, lambda: ctx.cancelled):
        clean = Answer(answer.came, ctx.without_secrets(answer.words))
        sent.answers[key(one)] = clean
        sent.whole = all(sent.has_it(each) for each in to)
        keep(ctx.files, audience, sent)
        ctx.log(f"{datetime.now(UTC):%H:%M:%S} UTC {key(one)}: {clean}", "out" if clean.came == "accepted" else "err")


def _outcome(audience: str, to: Sequence[Recipient], sent: Sent) -> Outcome:
    lack = [one for one in to if not sent.has_it(one)]
    return Outcome(
        ok=not lack,
        summary=f"{audience}: {_summary(to, sent)}. Message {sent.id}.",
        facts={
            "message": sent.id,
            "audience": audience,
            "told": {key(one): str(sent.answers[key(one)]) for one in to if key(one) in sent.answers},
        },
        left_behind=f"{', '.join(key(one) for one in lack)} lacks the message" if lack else "",
        cures=_cures(lack, sent),
    )


def _summary(to: Sequence[Recipient], sent: Sent) -> str:
    """Return how many have it, and what came back of each who lacks it."""
    lack = [f"{one.name} {sent.answers[key(one)]}" for one in to if not sent.has_it(one) and key(one) in sent.answers]
    have = sum(sent.has_it(one) for one in to)
    return "; ".join([f"{have} of {len(to)} accepted", *lack])


def _cures(lack: Sequence[Recipient], sent: Sent) -> list[Cure]:
    if not lack:
        return []
    names = ", ".join(one.name for one in lack)
    tell = Cure(words=f"Tell {names} by hand: y copies the message.", instead=True)
    again = Cure(words=f"Run it again: it goes to {names} alone.", action=NAME)
    for_good = all(sent.answers[key(one)].came == "refused" for one in lack if key(one) in sent.answers)
    return [tell, again] if for_good else [again, tell]
