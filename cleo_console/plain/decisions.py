"""Answering a decision: one question for each kind that the plan asks. A time is said in UTC before it counts."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from actions.positions import position_forms
from cleo_console.plain.conversation import Conversation
from cleo_console.plain.questions import answer, choose, moment, number, words
from journal.commands.incident import IncidentCommands
from journal.events.types import Event
from journal.incident.affected import choices
from journal.incident.answers import answer_title
from journal.incident.decisions import AnswerRefused, check_answer, known_damage, refusal
from journal.incident.proposals import Decided, Proposal, proposals
from journal.incident.recovery_point import LATEST, Forms, read, wording
from journal.incident.suggestion import beginning
from journal.plan.model import Decision, Step
from screens.guidance.recovery_points import Way, consequences, other_moments, way_of, ways_here, written

_LABELS = {"gives up": "It gives up", "in doubt": "In doubt"}

_ALL = "all"
"""The word that takes all proposals."""


def decide_together(conversation: Conversation, step: Step) -> None:
    """Say what suggests itself for several decisions; an empty answer takes them all, a number asks for that one."""
    seen = dict(conversation.incident.decisions)
    found = [one for one in proposals(conversation.incident, step) if one.answer]
    conversation.say("These suggest themselves:", *(_proposed(place, one) for place, one in enumerate(found, 1)))
    said = answer(conversation, f"Enter (or {_ALL}) decides them all, a number asks for that one alone (. goes back):")
    if said not in ("", _ALL):
        chosen = found[number(said) - 1].step if 0 < number(said) <= len(found) else step
        decide(conversation, chosen)
        return
    why = words(conversation, "Why? The report asks for it")

    def write(commands: IncidentCommands) -> Event:
        return commands.decide_all([Decided(one.step, one.answer, why, one.because) for one in found], seen)[-1]

    conversation.session.write(write)


def _proposed(place: int, one: Proposal) -> str:
    said = answer_title(one.before, one.decision.name, one.answer)
    return f"  {place}. {one.step.title}: {said}{f' ({one.because})' if one.because else ''}"


def decide(conversation: Conversation, step: Step, happened_at: datetime | None = None) -> None:
    """Ask the step's question until the answer fits, then why, and write it down."""
    if step.decision is None:
        return
    seen = dict(conversation.incident.decisions)
    while True:
        try:
            said = check_answer(
                conversation.incident, step.decision, _asked(conversation, step.decision), _forms(conversation)
            )
            break
        except AnswerRefused as error:
            conversation.say(f"{error.message} {error.hint}")
    conversation.say(f"The answer is: {said}")
    if step.decision.kind == "recovery-point" and (point := read(said)):
        conversation.say(f"In words: {wording(point, conversation.incident.roster.title)}.")
        found = consequences(conversation.incident, point, _forms(conversation), conversation.session.readings())
        conversation.say(*(f"{_LABELS.get(label, label)}: {line}" for label, line in found))
    why = words(conversation, "Why? The report asks for it")
    proposed = beginning(conversation.incident, step.decision)
    given = Decided(step, said, why, proposed.because if said == proposed.answer else "")
    conversation.session.write(lambda commands: commands.decide_all([given], seen, happened_at)[-1])


def _asked(conversation: Conversation, decision: Decision) -> str:
    suggested, because = beginning(conversation.incident, decision)
    if suggested and because:
        conversation.say(f"It suggests itself because {because}.")
    if decision.kind == "one":
        options = {
            name: f"{option.title}." + (f" {option.text}" if option.text else "")
            for name, option in decision.options.items()
        }
        refused = partial(_refused, conversation, decision)
        return choose(conversation, decision.question, options, suggested=suggested, refused=refused)
    if decision.kind == "systems":
        return _systems(conversation, decision, suggested)
    if decision.kind == "recovery-point":
        return _recovery_point(conversation, decision, suggested)
    if decision.kind == "instant":
        at = moment(conversation, decision.question, empty=suggested, present=lambda: conversation.now)
        return at.isoformat()
    return answer(conversation, f"{decision.question}{_enter_takes(suggested)} (. goes back):") or suggested


def _refused(conversation: Conversation, decision: Decision, name: str) -> str:
    return refusal(conversation.incident, decision.name, name)


def _enter_takes(suggested: str) -> str:
    return f" Enter takes {suggested}." if suggested else ""


def _systems(conversation: Conversation, decision: Decision, suggested: str) -> str:
    known = choices(conversation.incident)
    names = list(known)
    conversation.say(decision.question)
    conversation.say(*(f"  {n}. {name}: {known[name]}" for n, name in enumerate(names, 1)))
    said = answer(conversation, f"Numbers or names, with commas between.{_enter_takes(suggested)} (. goes back):")
    parts = [part.strip() for part in said.split(",") if part.strip()]
    chosen = [names[number(p) - 1] if 0 < number(p) <= len(names) else p for p in parts]
    return ",".join(chosen) or suggested


def _forms(conversation: Conversation) -> Forms:
    return position_forms(conversation.incident)


def _recovery_point(conversation: Conversation, decision: Decision, suggested: str) -> str:
    point, known = read(suggested), ways_here(conversation.incident, _forms(conversation))
    way, value = way_of(point) if point else ("", "")
    if damage := known_damage(conversation.incident):
        conversation.say(f"The damage report says: {damage}")
    conversation.say(*(f"Also known: {other}" for other in other_moments(conversation.incident, suggested)))
    chosen = choose(
        conversation,
        decision.question,
        {name: _option(way) for name, way in known.items()},
        suggested=way,
        refused=lambda name: _refused(conversation, decision, name),
    )
    if chosen == LATEST:
        return chosen
    offered = value if chosen == way else ""
    if chosen == "time":
        at = moment(conversation, "Before which time?", empty=offered, present=lambda: conversation.now)
        return f"time:{at.isoformat()}"
    required = "" if offered else "Write it, or . to go back."
    question = f"Which, as {known[chosen].example}{f', empty for {offered}' if offered else ''}"
    return written(chosen, words(conversation, question, required=required) or offered)


def _option(way: Way) -> str:
    """Return a way to name a recovery point in one line."""
    if ":" in way.title or not way.help:
        return f"{way.title}. {way.help}".strip()
    return f"{way.title}: {way.help[:1].lower()}{way.help[1:]}"
