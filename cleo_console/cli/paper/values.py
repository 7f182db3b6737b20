"""One command for several systems: what differs, and long paths, are shell variables that are set first."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from actions.by_hand import Typed

_FIRST_LETTER = 0xE000
"""Unicode's private use area: no command has these letters. Each stands for one variable until it is printed."""
_PARTS = re.compile(r"\w+|\W")
_NAME = r"[\w.+\uE000-\uF8FF-]"
_PATH = re.compile(rf"(?<!{_NAME})(?:/{_NAME}+){{2,}}")
_WORTH = 200
"""Columns that a variable for a path must save on all of the paper."""
_LENGTH = len('"${V1:?}"')


class Values:
    """The values of systems that take the same commands.

    Attributes:
        names: the shell variable that a letter of a command stands for.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._values: dict[str, dict[str, str]] = {}
        self._systems: dict[str, None] = {}

    def told(self, steps: Mapping[str, Mapping[str, Sequence[Typed]]]) -> dict[str, list[Typed]]:
        """Return each step's commands, each once for all systems where it is alike, with variables.

        Args:
            steps: the commands by step and system.
        """
        for commands in steps.values():
            self._systems |= dict.fromkeys(commands)
        found = {step: self._merged(commands) for step, commands in steps.items()}
        while path := self._longest([command.text for commands in found.values() for command in commands]):
            letter = self._add(self._expanded(path))
            found = {
                step: [command._replace(text=_with(command.text, path, letter)) for command in commands]
                for step, commands in found.items()
            }
        return found

    def lines(self) -> list[str]:
        """Return for each system the line of a shell that sets its variables."""
        return [
            " ".join(
                f"{self.names[at]}={shlex.quote(known[name])}" for at, known in self._values.items() if name in known
            )
            for name in (self._systems if self._values else ())
        ]

    def _merged(self, commands: Mapping[str, Sequence[Typed]]) -> list[Typed]:
        """Return a step's commands at several systems, each once; one after the other where they are not alike."""
        if len(commands) < 2:
            return [command for each in commands.values() for command in each]
        if len({tuple(map(_shape, each)) for each in commands.values()}) > 1:
            return [
                command for name, each in commands.items() for command in (Typed("", [f"--- {name} ---"], ""), *each)
            ]
        return [self._one(dict(zip(commands, each, strict=True))) for each in zip(*commands.values(), strict=True)]

    def _one(self, commands: Mapping[str, Typed]) -> Typed:
        """Return one command for systems whose commands have the same number of words."""
        first = next(iter(commands.values()))
        wheres = {name: command.where for name, command in commands.items()}
        same = len(set(wheres.values())) == 1
        where = first.where if same else "; ".join(f"{name} {where}" for name, where in wheres.items())
        rows = zip(*(shlex.split(command.text) for command in commands.values()), strict=True)
        words = (self._word(dict(zip(commands, row, strict=True))) for row in rows)
        return Typed(where, first.what, shlex.join(words))

    def _word(self, words: Mapping[str, str]) -> str:
        """Return a word in which a variable stands for each part that differs."""
        parts = {name: _PARTS.findall(word) for name, word in words.items()}
        if len({len(each) for each in parts.values()}) > 1:
            return self._variable(words)
        rows = zip(*parts.values(), strict=True)
        return "".join(self._variable(dict(zip(words, row, strict=True))) for row in rows)

    def _variable(self, wanted: Mapping[str, str]) -> str:
        """Return the text where it is the same everywhere, or the letter of the variable that has these values."""
        if len(set(wanted.values())) == 1:
            return next(iter(wanted.values()))
        for letter, known in self._all():
            if all(known.get(name, value) == value for name, value in wanted.items()):
                known |= wanted
                return letter
        return self._add(wanted)

    def _all(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the variables; the first is the system's name."""
        if not self._values:
            self._add({name: name for name in self._systems}, "SYSTEM")
        yield from self._values.items()

    def _add(self, values: Mapping[str, str], name: str = "") -> str:
        """Return the letter of a new variable."""
        if not name:
            [*_] = self._all()
        letter = chr(_FIRST_LETTER + len(self._values))
        self.names[letter], self._values[letter] = name or f"V{len(self._values)}", dict(values)
        return letter

    def _longest(self, texts: Sequence[str]) -> str:
        """Return the path, of folders that several commands name, that costs most room; empty: none is worth it."""
        counted = Counter(prefix for text in texts for path in _PATH.findall(text) for prefix in _folders(path))
        saved = {path: (self._width(path) - _LENGTH) * times - self._width(path) for path, times in counted.items()}
        best = max(saved, key=lambda path: saved[path], default="")
        return best if best and saved[best] >= _WORTH else ""

    def _width(self, path: str) -> int:
        return sum(_LENGTH if letter in self.names else 1 for letter in path)

    def _expanded(self, path: str) -> dict[str, str]:
        """Return a path at each system that has all that is named in it."""
        named = [self._values[letter] for letter in path if letter in self._values]
        return {
            name: "".join(self._values[letter][name] if letter in self._values else letter for letter in path)
            for name in self._systems
            if all(name in values for values in named)
        }


def _folders(path: str) -> Iterator[str]:
    """Yield a path and the folders that it lies in, two deep at least."""
    parts = path.split("/")
    yield from ("/".join(parts[:end]) for end in range(3, len(parts) + 1))


def _with(text: str, path: str, letter: str) -> str:
    """Return a command in which a variable stands for a path, and not for the beginning of a longer name."""
    return re.sub(rf"(?<!{_NAME}){re.escape(path)}(?!{_NAME})", letter, text)


def _shape(command: Typed) -> tuple[bool, tuple[str, ...], int]:
    return bool(command.where), tuple(command.what), len(shlex.split(command.text))
