"""What a person says of a step or the incident: done, skipped, reopened, noted, ticked, cancelled, closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import cast

from cleo_console.plain.conversation import Conversation
from cleo_console.plain.follow import follow
from cleo_console.plain.questions import choose, moment, subset, words
from journal.errors import CleoError
from journal.events.types import RoleName
from journal.incident.addressing import waits_for
from journal.incident.called import open_items, to_take_back
from journal.incident.closing import phrase, remaining
from journal.incident.ending import ending
from journal.incident.looks import to_look_at
from journal.incident.review import Told
from journal.incident.state import Incident
from journal.plan.model import Step
from journal.report.words import sentence
from journal.wording import reasons
from journal.wording.sanitize import sanitize
from screens.guidance.availability import cancellable
from screens.guidance.closing import CANCEL, IN_ORDER, not_in_order
from screens.guidance.left_out import NOTHING_HERE, known_reason, shared_reason
from screens.guidance.names import title
from screens.guidance.next_action import skipped_together
from screens.guidance.people import ROLES, holder_words


def when(conversation: Conversation, time: str) -> datetime | None:
    """Return when it happened, for what was noted on paper; None where it happens now."""
    return moment(conversation, "When did it happen?", time, present=lambda: conversation.now) if time else None


def mark_done(conversation: Conversation, step: Step, time: str) -> None:
    """Say that the step was done by hand."""
    happened_at = when(conversation, time)
    left = open_items(conversation.incident, step)
    if left:
        conversation.say("Not ticked: " + "; ".join(left) + ".")
    required = "" if step.kind == "manual" else reasons.DONE_BY_HAND
    note = words(conversation, "What did you do?", required=required)
    conversation.session.write(lambda commands: commands.mark_done(step.id, note, happened_at))


def skip(conversation: Conversation, step: Step, time: str) -> None:
    """Leave the step out, with all that nothing here does or that follows from it."""
    incident, catalogue = conversation.incident, conversation.session.catalogue
    steps = [step] if time else skipped_together(incident, step, catalogue)
    causes = {each.id: known_reason(incident, each, catalogue) for each in steps}
    if len(steps) > 1:
        _skip_several(conversation, steps, causes)
        return
    happened_at = when(conversation, time)
    reason = _why_skipped(conversation, "Why is it left out? The report lists it", causes[step.id])
    conversation.session.write(lambda commands: commands.skip(step.id, reason, happened_at))


def _skip_several(conversation: Conversation, steps: Sequence[Step], causes: Mapping[str, str]) -> None:
    """Ask which of them are left out, and why; each is written with its own cause."""
    names = {each.id: title(conversation.incident, each) for each in steps}
    chosen = subset(conversation, "Which are left out?", {one: _with(names[one], causes[one]) for one in names})
    known = NOTHING_HERE if any(causes.values()) else ""
    reason = _why_skipped(conversation, "Why are they left out? The report lists it with each one's cause", known)
    why = {one: shared_reason(reason, causes[one]) for one in chosen}
    conversation.session.write(lambda commands: commands.skip_all(why))


def _with(name: str, cause: str) -> str:
    return f"{name} ({cause})" if cause else name


def _why_skipped(conversation: Conversation, question: str, known: str) -> str:
    return words(conversation, question, required=reasons.SKIP, suggested=known)


def reopen(conversation: Conversation, step: Step) -> None:
    """Take back what was said of the step; of calls, what was noted last."""
    if level := to_take_back(conversation.incident, step):
        conversation.session.review(lambda commands: commands.take_call_back(level))
        conversation.say(f"Taken back: what was noted last of {level}.")
        return
    reason = words(conversation, "Why is it opened again?", required=reasons.REOPEN)
    conversation.session.write(lambda commands: commands.reopen(step.id, reason))


def take(conversation: Conversation, step: Step) -> None:
    """Say that this person works at the step; or, where they said so before, that they do not any more."""
    written = conversation.session.write(lambda commands: commands.take_or_give_back(step.id))
    conversation.say(f"{title(conversation.incident, step)}: {sentence(conversation.incident, written.body)}.")


def role(conversation: Conversation) -> None:
    """Ask what this person is in the incident, and write it."""
    incident, me = conversation.incident, conversation.session.services.actor
    options = {name: f"{name.capitalize()}: {does}. {_now(incident, name, me)}".strip() for name, does in ROLES.items()}
    chosen = choose(conversation, f"What are you, {me}?", {str(name): words for name, words in options.items()})
    written = conversation.session.write(lambda commands: commands.take_role(cast("RoleName", chosen)))
    conversation.say(f"{me}: {sentence(conversation.incident, written.body)}.")


def _now(incident: Incident, name: RoleName, me: str) -> str:
    words = holder_words(incident, name, me)
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def note(conversation: Conversation, step: Step) -> None:
    """Write a note, to the step; with a time it is a late entry. It answers what people were told and waits for one."""
    asked = waits_for(conversation.incident, conversation.session.services.actor)
    if asked and asked.words:
        _reply(conversation, asked)
        return
    about = f"Told: {sanitize(asked.said)} What do you do about it, and why" if asked else ""
    question = about or f"Note to {title(conversation.incident, step)}"
    text = words(conversation, question, required=reasons.EMPTY_NOTE)
    at = moment(conversation, "When did it happen?", present=lambda: conversation.now)
    late = at if (conversation.now - at).total_seconds() > 1 else None
    conversation.session.write(lambda commands: commands.note(text, "" if asked else step.id, late))


def _reply(conversation: Conversation, asked: Told) -> None:
    how = "One of the choices, by its number, and why" if asked.choices else "Your answer"
    text = words(conversation, f"Asked: {sanitize(asked.said)} {how}", required="The answer is empty.")
    conversation.session.write(lambda commands: commands.reply(asked.inject, text))


def tick(conversation: Conversation, step: Step, number: int, words: str = "") -> None:
    """Tick or untick one item, by its number; ``words`` say of a call how it was made, or who answered."""
    if not 0 < number <= len(step.items):
        conversation.say(f"This step has no item {number}.")
        return
    item = step.items[number - 1]
    if level := step.level(item):
        _note_call(conversation, level, words)
        return
    if words:
        conversation.say(f"Nothing was ticked: {number} alone ticks, n writes a note.")
        return
    checked = item not in conversation.incident.steps[step.id].items
    conversation.session.write(lambda commands: commands.check_item(step.id, item, checked))
    conversation.say(f"{'Ticked' if checked else 'Unticked'}: {item}")


def _note_call(conversation: Conversation, level: str, words: str) -> None:
    """Note what comes next with a level of the escalation matrix: its call, or its answer, which ticks the item."""
    call = conversation.incident.review.calls.get(level)
    if call is None:
        conversation.session.review(lambda commands: commands.page(level, words))
        conversation.say(f"Called: {level}. The same number notes the answer; u takes it back.")
    elif call.answered_at is None:
        conversation.session.review(lambda commands: commands.acknowledge(level, words))
        conversation.say(f"Answered: {level}. u takes it back.")
    else:
        conversation.say(f"{level} has answered already; u takes that back.")


def cancel(conversation: Conversation, step: Step) -> None:
    """Ask what runs at this step to stop."""
    run = cancellable(conversation.incident, step)
    if run is None:
        return
    conversation.say(CANCEL)
    reason = words(conversation, "Why?")
    conversation.session.write(lambda commands: commands.cancel(run, reason))


def _look_at_what_is_in_force(conversation: Conversation) -> None:
    """Have each system asked whether it still is; what has no probe is listed as not measured."""
    session = conversation.session
    if session.runner_missing() or not to_look_at(conversation.incident, session.catalogue):
        return
    with suppress(CleoError):
        for look in session.request(lambda commands: commands.look_at_in_force(session.catalogue)):
            follow(conversation, look, "Asked whether it still is.")


def close(conversation: Conversation) -> None:
    """Close the incident, once its person has read what is not in order; reopen a closed one."""
    incident = conversation.incident
    if incident.closed_at is not None:
        reason = words(conversation, f"Reopen {incident.id}. Why does it go on?", required=reasons.REOPEN_INCIDENT)
        conversation.session.write(lambda commands: commands.reopen_incident(reason))
        conversation.say(f"{incident.id} is open again.")
        return
    _look_at_what_is_in_force(conversation)
    left = remaining(conversation.incident)
    if left:
        conversation.say(f"{not_in_order(left)}:", *(f"  {line}" for line in left))
    else:
        conversation.say(IN_ORDER)
    derived = ending(conversation.incident)
    conversation.say(f"By the journal: {derived}")
    summary = words(conversation, f"Close {incident.id}. How did it end?", required=reasons.CLOSE, suggested=derived)
    leaving = ""
    if wanted := phrase(left):
        leaving = words(conversation, f"To close it all the same, type: {wanted}", required="Nothing was closed.")
    conversation.session.write(lambda commands: commands.close(summary, leaving, derived=summary == derived))
    conversation.say(f"{incident.id}: {conversation.incident.outcome}.")
