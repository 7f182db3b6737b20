"""Checks what a script tells and asks: injects that can come and be answered, expectations that can be met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from actions.tabletop.checking.misfit import Misfit
from actions.tabletop.checking.names import AT_THE_END, Names
from actions.tabletop.checking.words import Words
from actions.tabletop.script import fits
from journal.exercise.script import Exercise, Expectation, Inject
from journal.yamlfile.convert import did_you_mean
from journal.yamlfile.names import strange
from journal.yamlfile.problem import FilePath


def story_misfits(exercise: Exercise, names: Names, words: Words) -> Iterator[Misfit]:
    """Yield what is wrong with objectives, injects and expectations."""
    yield from _ids("objectives", [one.id for one in exercise.objectives])
    yield from _ids("injects", [one.id for one in exercise.injects])
    objectives = {one.id for one in exercise.objectives}
    injects = {one.id: one for one in exercise.injects}
    for n, inject in enumerate(exercise.injects):
        path: FilePath = ("injects", n)
        yield from _objective(inject.objective, objectives, (*path, "objective"))
        yield from _comes(inject, names, words, path, injects)
        yield from _answered(inject, names, path)
        yield from _helped(inject, path)
    for n, expectation in enumerate(exercise.expectations):
        path = ("expectations", n)
        yield from _objective(expectation.objective, objectives, (*path, "objective"))
        yield from _can_be_met(expectation, names, path)
    asked = {one.objective for one in exercise.expectations} | {one.objective for one in exercise.injects}
    for n, one in enumerate(exercise.objectives):
        if one.id not in asked:
            yield Misfit(("objectives", n), f"nothing tells of {one.id!r}: it is rated by nothing", "warning")


def _ids(part: str, ids: list[str]) -> Iterator[Misfit]:
    seen: Counter[str] = Counter()
    for n, name in enumerate(ids):
        seen[name] += 1
        if seen[name] > 1:
            yield Misfit((part, n, "id"), f"the id {name!r} is here twice")
        elif wrong := strange(name):
            yield Misfit((part, n, "id"), wrong)


def _objective(name: str, known: set[str], path: FilePath) -> Iterator[Misfit]:
    if name and name not in known:
        yield Misfit(path, f"there is no objective {name!r}{did_you_mean(name, known)}")


def _comes(inject: Inject, names: Names, words: Words, path: FilePath, injects: dict[str, Inject]) -> Iterator[Misfit]:
    """Yield why an inject never comes."""
    if not inject.text.strip():
        yield Misfit((*path, "text"), "an inject tells people something: its text is empty")
    if inject.at_s < 0:
        yield Misfit((*path, "at_s"), "must be 0 or more: seconds after the start, or after its moment")
    if inject.after:
        yield from _reached([inject.after], names, (*path, "after"), "it never comes")
        if inject.after.partition(":")[0] in AT_THE_END:
            yield Misfit((*path, "after"), f"{inject.after!r} is known only at the end: it never comes")
    if _in_a_circle(inject, injects):
        yield Misfit((*path, "after"), f"{inject.id!r} waits for itself, so that it never comes")
    yield from _cause(inject, words, path)
    for name, word in inject.makes.items():
        yield from world_word(name, word, words, (*path, "makes", name))


def _in_a_circle(inject: Inject, injects: dict[str, Inject]) -> bool:
    seen, at = set(), inject
    while at.after.startswith("inject:") and (before := injects.get(at.after.removeprefix("inject:"))):
        if before.id == inject.id:
            return True
        if before.id in seen:
            return False
        seen.add(before.id)
        at = before
    return False


def _cause(inject: Inject, words: Words, path: FilePath) -> Iterator[Misfit]:
    """Yield why the world is never, or not at the start, as the inject wants it."""
    for name, wanted in inject.lasts.items():
        at = (*path, "while", name)
        if name not in words.names:
            yield Misfit(at, f"there is no fact {name!r}{did_you_mean(name, words.names)}")
        elif not any("{" in one or fits({name: wanted}, {name: one}) for one in words.possible(name)):
            known = ", ".join(sorted(words.of(name) or words.possible(name)))
            yield Misfit(at, f"{name} is never {wanted!r}, so that it never comes; it may be: {known}")
        elif not inject.after and not fits({name: wanted}, words.facts):
            yield Misfit(at, f"{name} is {words.facts.get(name, 'none')!r} at the start: its cause is gone at once")


def _answered(inject: Inject, names: Names, path: FilePath) -> Iterator[Misfit]:
    """Yield why nobody can answer an inject that wants an answer."""
    if inject.objective and not inject.wants_answer:
        yield Misfit(path, f"{inject.id!r} counts for {inject.objective!r}, and nothing answers it: say answered_by")
    if inject.wants_answer and not inject.expected:
        yield Misfit(path, f"{inject.id!r} does not say in words what is expected", "warning")
    reached = [name for name in inject.answered_by if not (names.unknown(name) or names.out_of_reach(name))]
    for n, name in enumerate(inject.answered_by):
        wrong, level = names.unknown(name), "error"
        if not wrong and (why := names.out_of_reach(name)):
            wrong, level = f"{name!r} cannot answer it: {why}", "warning" if reached else "error"
        elif name == inject.after:
            wrong = f"{name!r} answers it and is what it waits for: it is over before it is asked"
        if wrong:
            yield Misfit((*path, "answered_by", n), wrong, level)  # type: ignore[arg-type]
    if (
        reached
        and not inject.wants_words
        and all(name.partition(":")[0] in AT_THE_END or name == "answered:team" for name in reached)
    ):
        yield Misfit(
            (*path, "answered_by"),
            "all of it is known only at the end: it stays open on every screen; add note or a step",
        )


def _helped(inject: Inject, path: FilePath) -> Iterator[Misfit]:
    """Yield what is wrong with whom an inject is for, its choices and its hints."""
    if len(inject.choices) == 1 or len({one.casefold() for one in inject.choices}) < len(inject.choices):
        yield Misfit((*path, "choices"), "choices are two or more, each another")
    if inject.by_hand and (inject.after or inject.at_s):
        yield Misfit((*path, "by_hand"), "the facilitator alone gives it: after and at_s say nothing", "warning")
    for n, hint in enumerate(inject.hints):
        at = (*path, "hints", n)
        if not hint.text.strip():
            yield Misfit((*at, "text"), "a hint tells people something: its text is empty")
        if hint.after_s < 0:
            yield Misfit((*at, "after_s"), "must be 0 or more: seconds after the inject was given")
        if hint.after_s and not inject.wants_answer:
            yield Misfit((*at, "after_s"), "nothing answers the inject, so that it never comes by itself")


def _can_be_met(expectation: Expectation, names: Names, path: FilePath) -> Iterator[Misfit]:
    never = "it is always missed"
    rule = expectation.rule
    if rule == "happened":
        yield from _any_reached(expectation.happened, names, (*path, "happened"), never)
    elif rule == "before":
        yield from _reached(expectation.before[:1], names, (*path, "before"), never)
        yield from _exist(expectation.before[1:], names, (*path, "before"), 1)
    elif rule == "within":
        yield from _reached([expectation.within], names, (*path, "within"), never)
        if expectation.minutes <= 0:
            yield Misfit(path, "within wants minutes, counted from the declaration")
    elif rule == "passed":
        yield from _reached([f"ran:{one}" for one in expectation.passed], names, (*path, "passed"), never)
        yield from _reached([expectation.into], names, (*path, "into"), never)
    else:
        yield from _exist(expectation.never, names, (*path, "never"))
        yield from _exist(expectation.repaired, names, (*path, "repaired"))
    if rule != "never" and (expectation.repaired or expectation.harm):
        yield Misfit(path, "repaired and harm go with never")
    if rule != "within" and expectation.minutes:
        yield Misfit((*path, "minutes"), "minutes go with within")


def _exist(moments: list[str], names: Names, path: FilePath, first: int = 0) -> Iterator[Misfit]:
    for n, moment in enumerate(moments, first):
        if wrong := names.unknown(moment):
            yield Misfit((*path, n), wrong)


def _reached(moments: list[str], names: Names, path: FilePath, then: str) -> Iterator[Misfit]:
    """Yield which of the moments are unknown, or never come in this scenario."""
    for n, moment in enumerate(moments):
        at = (*path, n)
        if wrong := names.unknown(moment):
            yield Misfit(at, wrong)
        elif why := names.out_of_reach(moment):
            yield Misfit(at, f"{moment!r}: {why}, so that {then}")


def _any_reached(moments: list[str], names: Names, path: FilePath, then: str) -> Iterator[Misfit]:
    yield from _exist(moments, names, path)
    known = [moment for moment in moments if not names.unknown(moment)]
    if known and all(map(names.out_of_reach, known)):
        yield Misfit(path, f"{known[0]!r}: {names.out_of_reach(known[0])}, so that {then}")


def world_word(name: str, word: str, words: Words, path: FilePath) -> Iterator[Misfit]:
    """Yield what is wrong with a fact of the simulated world that a script sets: its name, or the word."""
    if name not in words.names:
        yield Misfit(path, f"nothing looks at a fact {name!r}{did_you_mean(name, words.names)}")
    elif (known := words.of(name)) and word not in known:
        told = ", ".join(sorted(known))
        yield Misfit(
            path, f"nothing asks whether {name} is {word!r}{did_you_mean(word, known)}; asked for: {told}", "warning"
        )
