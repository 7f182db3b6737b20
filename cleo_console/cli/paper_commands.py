"""A step's shell commands on paper, folded to the page's width so that a shell still takes them as they stand."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Iterator

from actions.by_hand import Typed

_ROOM = 77
"""Columns of a printed command, beside the sign that it goes on."""
_GOES_ON = "\\\n"


def command_lines(commands: Iterable[Typed], width: int, indent: int) -> Iterator[str]:
    """Yield the printed lines of shell commands. A command begins at the margin: what goes on there is one word.

    Args:
        commands: what is printed.
        width: columns of the page.
        indent: columns before what is said of a command.
    """
    blank = " " * indent
    for command in commands:
        said = [*([f"{command.where}:"] if command.where else []), *command.what]
        for words in said:
            yield from textwrap.wrap(words, width, initial_indent=blank, subsequent_indent=f"{blank}  ")
        yield from folded(command.text) if command.text else []


def folded(command: str) -> list[str]:
    """Return a command in lines that fit the page, each that goes on ending in a backslash.

    A word that is longer goes on at the margin: quotes are closed before the line's end and opened after it, which a
    shell puts together again. A line end that is quoted stays as it is.
    """
    text = ""
    for word in shlex.split(command):
        first, *more = _pieces(word)
        fits = len(_last(text)) + 1 + len(first.partition("\n")[0]) <= _ROOM
        text += f"{'' if not text else ' ' if fits else f' {_GOES_ON}'}{first}"
        text += "".join(f"{_GOES_ON}{piece}" for piece in more)
    return text.split("\n")


def _pieces(word: str) -> list[str]:
    """Return a word, quoted, in pieces of which no line is too long."""
    pieces, piece = list[str](), ""
    for letter in word:
        if len(_last(shlex.quote(piece + letter))) > _ROOM:
            at = _break(piece)
            pieces.append(piece[:at])
            piece = piece[at:]
        piece += letter
    return [shlex.quote(each) for each in [*pieces, piece]]


def _break(piece: str) -> int:
    """Return where a piece ends: behind the last blank of its last line, if that leaves half of a line."""
    blank = piece.rfind(" ") + 1
    return blank if blank > len(piece) - _ROOM // 2 and blank > piece.rfind("\n") else len(piece)


def _last(text: str) -> str:
    return text.rpartition("\n")[2]
