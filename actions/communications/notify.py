"""``communications.notify``: tell an audience how things are."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.channels.settings import Recipient
from actions.communications.audience import recipients
from actions.communications.delivery import deliver, message_for, new_message, show, summary_of
from actions.communications.record import Sent, key
from actions.context import ActionContext, IncidentFacts
from actions.outcome import ActionFailed, Cancelled, Cure, Outcome
from actions.readiness.ready import DRY_RUN
from journal.events.types import Kind
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
    message = new_message(facts, found, audience, str(known.params.get("text", "")), minutes)
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
    ready=DRY_RUN,
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
    sent = message_for(ctx, found, audience, text, next_update_minutes)
    lack = [one for one in to if not sent.has_it(one)]
    show(ctx, sent.message, to, lack)
    if not ctx.effect(f"send it to {', '.join(key(one) for one in lack)}"):
        return Outcome(ok=True, summary=f"It would go to {count(len(lack), 'recipient')}.")
    deliver(ctx, found, audience, sent, to)
    if ctx.cancelled:
        raise Cancelled(f"Message {sent.id}: {summary_of(to, sent)}.")
    return _outcome(audience, to, sent)


def _outcome(audience: str, to: Sequence[Recipient], sent: Sent) -> Outcome:
    lack = [one for one in to if not sent.has_it(one)]
    return Outcome(
        ok=not lack,
        summary=f"{audience}: {summary_of(to, sent)}. Message {sent.id}.",
        facts={
            "message": sent.id,
            "audience": audience,
            "told": {key(one): str(sent.answers[key(one)]) for one in to if key(one) in sent.answers},
        },
        left_behind=f"{', '.join(key(one) for one in lack)} lacks the message" if lack else "",
        cures=_cures(lack, sent),
    )


def _cures(lack: Sequence[Recipient], sent: Sent) -> list[Cure]:
    if not lack:
        return []
    names = ", ".join(one.name for one in lack)
    tell = Cure(words=f"Tell {names} by hand: y copies the message.", instead=True)
    again = Cure(words=f"Run it again: it goes to {names} alone.", action=NAME)
    for_good = all(sent.answers[key(one)].came == "refused" for one in lack if key(one) in sent.answers)
    return [tell, again] if for_good else [again, tell]
