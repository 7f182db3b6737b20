"""A message on its way: made or taken up again, shown, sent, and written down as each answer comes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from actions.channels.settings import Communications, Recipient
from actions.communications.answer import Answer
from actions.communications.message import Message, compose, next_update
from actions.communications.record import Sent, keep, key, last_sent
from actions.communications.sending import send_all
from actions.context import ActionContext, IncidentFacts
from journal.store.chain import short_head


def message_for(ctx: ActionContext, found: Communications, audience: str, text: str, minutes: int) -> Sent:
    """Return the message that some still lack, or a new one."""
    last = last_sent(ctx.files, audience)
    if last and not last.whole and last.asked == text and time.time() < last.until:
        return last
    message = new_message(ctx.incident, found, audience, text, minutes)
    until = next_update(datetime.now(UTC), minutes).timestamp()
    return Sent(id=message.id, subject=message.subject, text=message.text, asked=text, until=until)


def new_message(facts: IncidentFacts, found: Communications, audience: str, text: str, minutes: int) -> Message:
    """Return a new message; its id names the moment of the journal at which it was made."""
    id = f"{facts.id}/{audience}/{short_head(facts.head)}"
    at = next_update(datetime.now(UTC), minutes)
    return compose(facts, audience, found.templates, id=id, text=text, next_update=at)


def show(ctx: ActionContext, message: Message, to: Sequence[Recipient], lack: Sequence[Recipient]) -> None:
    """Print a message, and to whom it goes."""
    ctx.log(f"Message {message.id}:")
    for line in [message.subject, "", *message.text.splitlines()]:
        ctx.log(f"  {line}")
    for one in to:
        ctx.log(f"To {key(one)}{'' if one in lack else ': has it already'}")


def deliver(ctx: ActionContext, found: Communications, audience: str, sent: Sent, to: Sequence[Recipient]) -> None:
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


def summary_of(to: Sequence[Recipient], sent: Sent) -> str:
    """Return how many have it, and what came back of each who lacks it."""
    lack = [f"{one.name} {sent.answers[key(one)]}" for one in to if not sent.has_it(one) and key(one) in sent.answers]
    have = sum(sent.has_it(one) for one in to)
    return "; ".join([f"{have} of {len(to)} accepted", *lack])
