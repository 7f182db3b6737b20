"""Answering a decision: one question for each kind that the plan asks. A time is said in UTC before it counts."""

from __future__ import annotations

from datetime import datetime

from cleo_console.plain.questions import answer, choose, moment, number, words
from cleo_console.plain.talk import Talk
from journal.incident.decisions import AnswerRefused, check_answer, known_damage, refusal
from journal.incident.given_up import given_up
from journal.plan.model import Decision, Step

_FORMS = {
    "latest": "Latest: all that was archived. Loses least. Brings damage back if there was any.",
    "time": "Before a time: the last moment known to be good.",
    "lsn": "Up to a log position (LSN): where somebody knows the position of the damage.",
    "backup": "A named backup: nothing after that backup.",
}
_VALUES = {"lsn": "Which position, as 0/3000060", "backup": "Which backup, as 20261122-020003F"}


def decide(talk: Talk, step: Step, happened_at: datetime | None = None) -> None:
    """Ask the step's question until the answer fits, then why, and write it down."""
    if step.decision is None:
        return
    while True:
        try:
            said = check_answer(talk.sight.incident, step.decision, _asked(talk, step.decision))
            break
        except AnswerRefused as error:
            talk.say(f"{error.message} {error.hint}")
    talk.say(f"The answer is: {said}")
    if step.decision.kind == "recovery-point":
        talk.say(*(f"It gives up: {line}" for line in given_up(talk.sight.incident, said, talk.sight.readings())))
    why = words(talk, "Why? The report asks for it")
    talk.sight.write(lambda desk: desk.decide(step.id, said, why, happened_at))


def _asked(talk: Talk, decision: Decision) -> str:
    suggested = _suggested(talk, decision)
    if decision.kind == "one":
        options = {
            name: f"{option.title}." + (f" {option.text}" if option.text else "")
            for name, option in decision.options.items()
        }
        return choose(
            talk, decision.question, options, suggested=suggested, refused=lambda name: _refused(talk, decision, name)
        )
    if decision.kind == "systems":
        return _systems(talk, decision, suggested)
    if decision.kind == "recovery-point":
        return _recovery_point(talk, decision, suggested)
    return answer(talk, f"{decision.question}{_enter_takes(suggested)} (. goes back):") or suggested


def _suggested(talk: Talk, decision: Decision) -> str:
    incident = talk.sight.incident
    return incident.answers.get(decision.name) or incident.plan.suggested(decision, incident.scenario)


def _refused(talk: Talk, decision: Decision, name: str) -> str:
    return refusal(talk.sight.incident, decision.name, name)


def _enter_takes(suggested: str) -> str:
    return f" Enter takes {suggested}." if suggested else ""


def _systems(talk: Talk, decision: Decision, suggested: str) -> str:
    systems = talk.sight.incident.plan.systems
    names = list(systems)
    talk.say(decision.question)
    talk.say(*(f"  {n}. {name}: {systems[name].title}" for n, name in enumerate(names, 1)))
    said = answer(talk, f"Numbers or names, with commas between.{_enter_takes(suggested)} (. goes back):")
    parts = [part.strip() for part in said.split(",") if part.strip()]
    chosen = [names[number(p) - 1] if 0 < number(p) <= len(names) else p for p in parts]
    return ",".join(chosen) or suggested


def _recovery_point(talk: Talk, decision: Decision, suggested: str) -> str:
    form, _, value = suggested.partition(":")
    if value:
        talk.say(f"Decided so far: {suggested}")
    if damage := known_damage(talk.sight.incident):
        talk.say(f"The damage report says: {damage}")
    chosen = choose(
        talk,
        decision.question,
        _FORMS,
        suggested="" if value else form,
        refused=lambda name: _refused(talk, decision, name),
    )
    if chosen == "latest":
        return chosen
    if chosen == "time":
        return f"time:{moment(talk, 'Before which time?', empty='').isoformat()}"
    return f"{chosen}:{words(talk, _VALUES[chosen], required='Write it, or . to go back.')}"
