"""A program's options and operands, read by which options it is known to have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from journal.plan.importing.plain_shell import Word


class Options(NamedTuple):
    """The options that a program may have.

    Attributes:
        flags: those without a value; short ones may stand together (``-la``).
        valued: those with one, which follows or stands behind ``=``.
    """

    flags: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()


def operands_of(words: Sequence[Word], options: Options, before: Options | None = None) -> list[tuple[str, str]] | None:
    """Return a program's options with their values, and its operands as ("", operand); None where one is not known.

    Args:
        words: what follows the program's name.
        options: the options that may stand anywhere, or behind the first operand.
        before: those that may stand before it; None: the same.
    """
    found: list[tuple[str, str]] = []
    place = 0
    while place < len(words):
        text, plain = words[place]
        place += 1
        known = before if before is not None and not any(name == "" for name, _ in found) else options
        if not text.startswith("-") or text == "-":
            if not plain and not text[:1].isalnum() and text[:1] not in "/.":
                return None  # a pattern could become an option
            found.append(("", text))
            continue
        said = _option(text, plain, known)
        if said is None:
            return None
        names, value, wants = said
        if wants:
            if place == len(words) or not words[place].plain:
                return None
            value = words[place].text
            place += 1
        found += [*((name, "") for name in names[:-1]), (names[-1], value)]
    return found


def _option(text: str, plain: bool, known: Options) -> tuple[list[str], str, bool] | None:
    """Return a word's options, the last one's value, and whether that is the next word; None: not known."""
    name, sign, value = text.partition("=")
    if not plain:
        return None
    if sign and name in known.valued:
        return [name], value, False
    if text in known.flags | known.valued:
        return [text], "", text in known.valued
    if text.startswith("--"):
        return None
    if text[:2] in known.valued:
        return [text[:2]], text[2:], False
    letters = [f"-{letter}" for letter in text[1:]]
    if not set(letters[:-1]) <= known.flags or letters[-1] not in known.flags | known.valued:
        return None
    return letters, "", letters[-1] in known.valued
