"""Shell commands on paper, folded to the page's width so that a shell still takes them as they stand."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from actions.by_hand import Typed
from cleo_console.cli.paper.lines import INDENT, WIDTH

_ROOM = 77
"""Columns of a printed command, beside the sign that it goes on."""
_GOES_ON = "\\\n"
_ASSIGNED = re.compile(r"([A-Z]\w*=|)(.*)", re.DOTALL)
_SHORT = 3
"""Lines of a command that is printed again wherever it is needed; of a longer one it is said where it stands."""


class Printed:
    """What has been printed of a paper's commands.

    Args:
        names: the shell variable that a letter of a command stands for (see `cleo_console.cli.paper.values`).
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._where: dict[str, str] = {}

    def step(self, number: str, commands: Iterable[Typed]) -> list[list[str]]:
        """Return the printed lines of each of a step's commands. A command begins at the margin.

        Args:
            number: the step's.
            commands: what is typed, in this order.
        """
        found, place = list[list[str]](), 0
        for command in commands:
            place += bool(command.text)
            where = [*([] if found else ["Without cleo"]), *([command.where] if command.where else [])]
            said = [*([f"{', '.join(where)}:"] if where else []), *command.what]
            lines = folded(command.text, self._names) if command.text else []
            known = self._where.get(command.text) if len(lines) > _SHORT else ""
            if known:
                said.append(f"(type {known} again)")
                lines = []
            elif lines:
                self._where[command.text] = f"command {place} of {number}"
            found.append([*_wrapped(said), *lines])
        return found


def _wrapped(said: Sequence[str]) -> list[str]:
    blank = " " * INDENT
    return textwrap.wrap(" ".join(said), WIDTH, initial_indent=blank, subsequent_indent=f"{blank}  ")


def folded(command: str, names: Mapping[str, str] | None = None) -> list[str]:
    """Return a command in lines that fit the page, each that goes on ending in a backslash.

    A word that is longer goes on at the margin: quotes are closed before the line's end and opened after it, which a
    shell puts together again. A line end that is quoted stays as it is.

    Args:
        command: as a shell takes it.
        names: the shell variables that single letters of it stand for.
    """
    text = ""
    for word in shlex.split(command):
        room = _ROOM - len(_last(text)) - 1
        first, *more = _pieces(word, names or {}, room)
        fits = len(first.partition("\n")[0]) <= room
        text += f"{'' if not text else ' ' if fits else f' {_GOES_ON}'}{first}"
        text += "".join(f"{_GOES_ON}{piece}" for piece in more)
    return text.split("\n")


def _pieces(word: str, names: Mapping[str, str], room: int) -> list[str]:
    """Return a word, quoted, in pieces of which no line is too long.

    Args:
        word: the word.
        names: the variables in it.
        room: columns that the line has left on which it begins; a long word with blanks fills them.
    """
    long = len(_quoted(word, names).partition("\n")[0]) > _ROOM
    width = room if long and " " in word[: room - 4] else _ROOM
    pieces, piece = list[str](), ""
    for letter in word:
        if len(_last(_quoted(piece + letter, names))) > width:
            at = _break(piece)
            pieces += [piece[:at]] if at else []  # an empty one would be a word of its own, or hide an assignment
            piece, width = piece[at:], _ROOM
        piece += letter
    return [_quoted(each, names) for each in [*pieces, piece]]


def _quoted(word: str, names: Mapping[str, str]) -> str:
    """Return a word as a shell takes it; a variable that was not set stops the command.

    The name of an assignment is never quoted: it would be none.
    """
    name, rest = _ASSIGNED.fullmatch(word).groups()  # type: ignore[union-attr]
    parts = re.split(f"([{''.join(names)}])", rest) if names else [rest]
    said = (f'"${{{names[part]}:?}}"' if part in names else shlex.quote(part) for part in parts if part)
    return name + "".join(said) or "''"


def _break(piece: str) -> int:
    """Return where a piece ends: behind the last blank of its last line, if that leaves half of a line."""
    blank = piece.rfind(" ") + 1
    return blank if blank > len(piece) - _ROOM // 2 and blank > piece.rfind("\n") else len(piece)


def _last(text: str) -> str:
    return text.rpartition("\n")[2]
