"""A plan while it is being made: its data, and what is to be said of how it came about."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from journal.plan.action_spec import Catalogue
from journal.plan.importing.redaction import SECRET, redact

_UNTYPED = re.compile(r"[^a-z0-9]+")
_LONGEST_ID = 48
LONGEST_TITLE = 90


class Note(NamedTuple):
    """Something to know of an import, at a line of what was imported.

    ``unread``: it is in the document, and not in the plan. ``filled in``: it is in the plan, and not in the document.
    ``look at this``: it is in both, and should not be.
    """

    file: str
    line: int
    kind: Literal["unread", "filled in", "look at this"]
    text: str

    def __str__(self) -> str:
        """Return it in the format of compilers, so that editors can jump there."""
        said = "not taken over" if self.kind == "unread" else self.kind
        return f"{self.file}:{self.line}: {said}: {self.text}"


class KnownSystem(NamedTuple):
    """A type of system that this program has actions for. ``stores``: it holds data."""

    title: str
    stores: bool = False


class Known(NamedTuple):
    """What of this program a document's commands may mean.

    Attributes:
        actions: those that steps may be bound to; empty: none.
        systems: the types of systems, by name.
        reserved: names that no step may have: `cleo run` would take them for an action's.
    """

    actions: Catalogue
    systems: Mapping[str, KnownSystem]
    reserved: frozenset[str] = frozenset()


@dataclass
class Draft:
    """The plan's data as it grows (keys as in a plan file), and the notes on it.

    Attributes:
        file: what is imported.
        known: the actions that steps may be bound to, and the systems they act on.
        places: where each step came from, by its id.
    """

    file: str
    known: Known
    data: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def filled_at(self, step_id: str, text: str) -> None:
        """Note what a step has that the document does not say."""
        file, line = self.places[step_id]
        self.notes.append(Note(file, line, "filled in", f"step {step_id!r}: {text}"))

    def unread(self, line: int, text: str) -> None:
        """Note what the plan has no place for."""
        self.unread_in(self.file, line, text)

    def unread_in(self, file: str, line: int, text: str) -> None:
        """Note what of another file the plan has no place for."""
        self.notes.append(Note(file, line, "unread", text))

    def look_at(self, line: int, text: str, file: str = "") -> None:
        """Note what was taken over, and should not stand there."""
        self.notes.append(Note(file or self.file, line, "look at this", text))

    def without_secrets(self, text: str, file: str = "") -> str:
        """Return a text of what is imported without its secrets, each of which is noted."""
        read = redact(text)
        for line in read.lines:
            self.look_at(line, f"a password, token or key: it is not in the plan, which says {SECRET} there", file)
        return read.text

    def filled(self, line: int, text: str) -> None:
        """Note what the document does not say, and the plan needs."""
        self.notes.append(Note(self.file, line, "filled in", text))

    def asks(self, decision: str) -> bool:
        """Return whether a decision is asked for the first time; a plan asks for each once."""
        first = decision not in self._asked
        self._asked.add(decision)
        return first

    def new_id(self, title: str, line: int, file: str = "") -> str:
        """Return an id for a step: its title in plain letters, with a number where it is taken."""
        name = key_for(title, self.places.keys() | self.known.reserved, "step")
        self.places[name] = (file or self.file, line)
        return name


def slug(text: str) -> str:
    """Return a name made of a text: plain small letters, digits and hyphens; cut at a word's end."""
    words = _UNTYPED.sub("-", text.lower().replace("'", "")).strip("-")
    if len(words) <= _LONGEST_ID:
        return words
    return words[: _LONGEST_ID + 1].rpartition("-")[0] or words[:_LONGEST_ID]


def in_words(name: str) -> str:
    """Return a file's name as a title: a hyphen is a blank."""
    words = re.sub(r"[-_]+", " ", name).strip()
    return words[:1].upper() + words[1:]


def key_for(text: str, taken: Container[str], unnamed: str = "other") -> str:
    """Return a key for a mapping: `slug`, with a number where it is taken; ``unnamed`` where a text has no letters."""
    wanted = slug(text) or unnamed
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name
