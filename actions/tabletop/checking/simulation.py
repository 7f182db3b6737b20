"""Checks a script's simulated world: facts and words that something asks for, ways that can be told, hosts, cures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from actions.context import IncidentFacts
from actions.tabletop.checking.misfit import Misfit
from actions.tabletop.checking.names import Names
from actions.tabletop.checking.story import world_word
from actions.tabletop.checking.words import Words, split
from actions.tabletop.script import Act, Script
from actions.tabletop.values import render, values
from journal.events.types import Kind
from journal.exercise.script import Exercise
from journal.plan.action_spec import Catalogue
from journal.plan.model import Plan
from journal.yamlfile.convert import did_you_mean
from journal.yamlfile.problem import FilePath

_BEGAN = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
"""When the disruption began, for trying texts out."""


def world_misfits(
    exercise: Exercise, own: Script, plan: Plan, catalogue: Catalogue, names: Names, words: Words
) -> Iterator[Misfit]:
    """Yield what is wrong with the simulated world that a script brings (``own``)."""
    for name, word in own.facts.items():
        yield from world_word(name, word, words, ("world", "facts", name))
    for name in own.hosts:
        if name not in catalogue and name not in {spec.system for spec in catalogue.values()} | plan.systems.keys():
            yield Misfit(("world", "hosts", name), f"{name!r} is no system and no action")
    known = _known(exercise, words, plan, catalogue)
    for action, ways in own.acts.items():
        path: FilePath = ("world", "acts", action)
        if action not in catalogue:
            yield Misfit(path, f"there is no action {action!r}{did_you_mean(action, catalogue)}")
            continue
        yield from _taken(action, ways, path)
        for n, act in enumerate(ways):
            yield from _way(act, (*path, n), known, words, plan, catalogue)
    yield from _health(own, plan, words, known)
    for n, reaction in enumerate(own.reactions):
        if wrong := names.unknown(reaction.on):
            yield Misfit(("world", "reactions", n, "on"), wrong)
        yield from _when(reaction.when, words, known, ("world", "reactions", n, "when"))
    yield from _backups(exercise)


def _taken(action: str, ways: list[Act], path: FilePath) -> Iterator[Misfit]:
    """Yield which of an action's ways are never taken, or leave it no other."""
    always = next((n for n, act in enumerate(ways) if not act.when), len(ways))
    if always < len(ways) - 1:
        yield Misfit((*path, always + 1), "never comes: the way before it has no when, and is always taken")
    if always == 0 and ways and not ways[0].ok:
        yield Misfit((*path, 0), f"{action} fails whatever is done: say when it does")


def _way(
    act: Act, path: FilePath, known: dict[str, Any], words: Words, plan: Plan, catalogue: Catalogue
) -> Iterator[Misfit]:
    """Yield what is wrong with one way in which an action goes."""
    yield from _when(act.when, words, known, (*path, "when"))
    for field, text in _texts(act):
        try:
            render(text, known)
        except KeyError as error:
            name = str(error.args[0])
            yield Misfit((*path, *field), f"there is no value {{{name}}}{did_you_mean(name, known)}")
        except ValueError as error:
            yield Misfit((*path, *field), f"{text!r} cannot be shown: {error}")
    for n, cure in enumerate(act.cures):
        for action in filter(None, (cure.action, cure.leave_out)):
            if action not in catalogue:
                yield Misfit((*path, "cures", n), f"there is no action {action!r}{did_you_mean(action, catalogue)}")
        if cure.decision and plan.decision(cure.decision) is None:
            yield Misfit((*path, "cures", n), f"the plan asks for no decision {cure.decision!r}")


def _when(when: dict[str, str], words: Words, known: dict[str, Any], path: FilePath) -> Iterator[Misfit]:
    for name, word in split(when):
        if name in known and name not in words.facts:
            continue  # an answer, a parameter, a time: any word
        possible = words.possible(name)
        if name not in words.facts and name not in words.made:
            yield Misfit((*path, name), f"there is no fact {name!r}{did_you_mean(name, words.facts)}")
        elif word not in possible | words.of(name) and not any("{" in one for one in possible):
            yield Misfit((*path, name), f"{name} is never {word!r}{did_you_mean(word, possible)}", "warning")


def _texts(act: Act) -> Iterator[tuple[FilePath, str]]:
    for field in ("summary", "hint", "effect", "left_behind", "half_done"):
        yield (field,), getattr(act, field)
    yield from ((("lines", n), line) for n, line in enumerate(act.lines))
    yield from ((("makes", name), word) for name, word in act.makes.items())
    yield from ((("facts", name), value) for name, value in act.facts.items() if isinstance(value, str))


def _health(own: Script, plan: Plan, words: Words, known: dict[str, Any]) -> Iterator[Misfit]:
    for system, cases in own.health.items():
        path: FilePath = ("world", "health", system)
        if system not in plan.systems:
            yield Misfit(path, f"the plan has no system {system!r}{did_you_mean(system, plan.systems)}")
        for n, case in enumerate(cases):
            yield from _when(case.when, words, known, (*path, n, "when"))


def _backups(exercise: Exercise) -> Iterator[Misfit]:
    if exercise.damage_s is None:
        return
    if not exercise.backups:
        yield Misfit(("damage_s",), "data was damaged, and there are no backups to come back from", "warning")
    elif all(before_s < exercise.damage_s for before_s in exercise.backups.values()):
        yield Misfit(("backups",), "none is older than the damage: there is no sound one to come back from", "warning")


def _known(exercise: Exercise, words: Words, plan: Plan, catalogue: Catalogue) -> dict[str, Any]:
    """Return every value that a text may name, as it could be while the exercise is played."""
    reached = {
        f"{name.removesuffix('.unlogged_s')}.reached": _BEGAN.isoformat()
        for name in words.facts
        if name.endswith(".unlogged_s")
    }
    facts = dict.fromkeys(words.made, "none") | words.facts | reached
    answers = {step.decision.name: "none" for step in plan.steps() if step.decision}
    params = {param.name: "" for spec in catalogue.values() for param in spec.params}
    incident = IncidentFacts(
        id="INC", kind=Kind.TABLETOP, scenario=exercise.scenario, began_at=_BEGAN.isoformat(), decisions=answers
    )
    return values(exercise, facts, incident, params, _BEGAN + timedelta(minutes=9)) | {"not_up": ""}
