"""What a simulated world knows: its facts, the words that each may be, and what its actions end with."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from actions.tabletop.script import Act, Script
from journal.exercise.script import Inject

_NAMED = re.compile(r"\{([\w.]+)")


class Words:
    """The facts of a world, each with the words that something in it asks for or leaves.

    Args:
        script: the world: the ordinary one with an exercise's own over it.
        ordinary: the world in which everything is up.
        injects: change the world, and ask how it is, beside actions and reactions.
    """

    def __init__(self, script: Script, ordinary: Script, injects: Sequence[Inject] = ()) -> None:
        self._script = script
        makes = [*(act.makes for act in acts(script)), *(one.makes for one in script.reactions)]
        makes += [inject.makes for inject in injects]
        asked = [*conditions(script), *(inject.lasts for inject in injects)]
        self.asked = _words([part for when in asked for part in split(when)])
        self._passed_on = {name for one in makes for word in one.values() for name in _NAMED.findall(word)}
        self.made = _words([item for one in makes for item in one.items()])
        self._start = {name: {word} for name, word in ordinary.facts.items()}
        self.facts = {**script.facts}

    @property
    def names(self) -> set[str]:
        """Every fact that there is, at the start or later."""
        return self._start.keys() | self.asked.keys() | self.made.keys()

    def of(self, name: str) -> set[str]:
        """Return the words that a fact may be; empty where it may be any: a figure, an instant, what is passed on."""
        if self.asked.get(name, {"none"}) == {"none"} or name in self._passed_on:
            return set()
        return self.asked[name] | self.made.get(name, set()) | self._start.get(name, set())

    def others(self, name: str) -> list[str]:
        """Return the words that a fact may be beside the one that it is at the start."""
        return sorted(word for word in self.of(name) - {self.facts.get(name, "none")} if "{" not in word)

    def possible(self, name: str) -> set[str]:
        """Return the words that a fact is at the start or may come to be; a text with a value in it is any word."""
        start = {self.facts[name]} if name in self.facts else {"none"}
        return start | self.made.get(name, set())

    def outcomes(self) -> set[str]:
        """Return ``ACTION.NAME=VALUE`` of every fact with which an action may end."""
        return {
            f"{action}.{name}={str(value).lower() if isinstance(value, bool) else value}"
            for action, ways in self._script.acts.items()
            for act in ways
            for name, value in act.facts.items()
            if isinstance(value, str | int | float)
        }


def acts(script: Script) -> Iterator[Act]:
    """Yield every way in which an action may go."""
    for ways in script.acts.values():
        yield from ways


def conditions(script: Script) -> Iterator[Mapping[str, str]]:
    """Yield every condition on the world."""
    yield from (act.when for act in acts(script))
    yield from (case.when for cases in script.health.values() for case in cases)
    yield from (reaction.when for reaction in script.reactions)


def split(when: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each word that a condition asks for or excludes."""
    for name, wanted in when.items():
        for word in wanted.removeprefix("not ").split("|"):
            yield name, word.strip()


def _words(pairs: list[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for name, word in pairs:
        found[name].add(word)
    return dict(found)
