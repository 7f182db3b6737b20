"""Tables whose rows are steps: which column says what to do, and what the others tell of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from journal.plan.importing.outline import Row, Table
from journal.plan.importing.shell import looks_like_a_command
from journal.plan.importing.times import duration_in

_STEP_HEAD = ("step", "action", "task", "activity", "procedure", "what to do")
_ACT_HEAD = ("action", "task", "activity", "procedure")
_TOLD_HEAD = ("description", "detail", "instruction", "what", "how", "name", "title")
_COMMAND_HEAD = re.compile(r"(?:commands?|command\(s\)|cmd|command line|shell|cli|run this)[ :.]*\Z")
_NUMBER = re.compile(r"(?:step )?\(?[\d.]{1,6}[a-z]?[.)]?\Z", re.IGNORECASE)


class Act(NamedTuple):
    """A row that is a step.

    Attributes:
        title: what to do, in its own words.
        text: what the other columns say.
        expect: how long it usually takes; empty where no column says so.
        command: what a column for commands says, where that is one; empty else.
        row: the row.
    """

    title: str
    text: str
    expect: str
    command: str
    row: Row


def is_step_table(table: Table) -> bool:
    """Return whether a table's rows are steps: a column says what to do."""
    return any(head.strip(" #.") in _STEP_HEAD or head.startswith(("action", "task")) for head in table.head)


def acts(table: Table) -> Iterator[Act]:
    """Yield the rows that nobody took yet, and in which something is to be done."""
    place = _place(table)
    typed = next((n for n, head in enumerate(table.head) if _COMMAND_HEAD.match(head)), -1)
    for row in table.rows:
        if row.taken or place >= len(row.cells) or not row.cells[place].strip():
            continue
        command = row.cells[typed].strip() if 0 <= typed < len(row.cells) else ""
        command = command if looks_like_a_command(command) else ""
        named = dict(zip(table.head, row.cells, strict=False))
        told = [
            f"{head.capitalize()}: {text}"
            for n, (head, text) in enumerate(named.items())
            if n != place and text.strip() not in ("", command) and head.strip(" #.") not in ("step", "", "no", "nr")
        ]
        usual = next((cell for head, cell in named.items() if "time" in head or "duration" in head), "")
        expect = str(duration_in(usual) or "")
        yield Act(row.cells[place].strip(), ". ".join(told), expect, command, row)


def _place(table: Table) -> int:
    """Return which column says what to do: one called "step" may only hold numbers."""
    place = next(n for n, head in enumerate(table.head) if _says_what_to_do(head, table.head))
    if not all(_NUMBER.match(text) for row in table.rows for text in row.cells[place : place + 1] if text.strip()):
        return place
    heads = [*_TOLD_HEAD, ""]
    told = (n for word in heads for n, head in enumerate(table.head) if n != place and head.startswith(word))
    return next(told, place)


def _says_what_to_do(head: str, heads: Sequence[str]) -> bool:
    """Return whether a column says what to do; one called "step" not where another one does."""
    word = head.strip(" #.")
    others = [other for other in heads if other != head and other.startswith(_ACT_HEAD)]
    return word.startswith((*_ACT_HEAD, "what to do")) or (word == "step" and not others)
