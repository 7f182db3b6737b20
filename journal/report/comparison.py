"""A comparison of teams as Markdown, HTML, JSON, and as lines for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_uppercase
from textwrap import shorten
from typing import TYPE_CHECKING

from journal.exercise.comparing import Cell, Comparison
from journal.report import filters
from journal.report.times import Times
from journal.wording.counting import count
from journal.wording.durations import exact_duration
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 80
_TITLE, _STATE = 48, 15


def letters(teams: Sequence[object]) -> list[str]:
    """Return a short name for each team: A, B, C…; with more than 26, numbers."""
    return list(ascii_uppercase[: len(teams)]) if len(teams) <= len(ascii_uppercase) else [*map(str, range(len(teams)))]


def cell_words(cell: Cell) -> str:
    """Return how a team met an inject, in a few words."""
    words = exact_duration(cell.reaction_s) if cell.reaction_s is not None else cell.state
    return f"{words}, {count(cell.hints, 'hint')}" if cell.hints else words


def terminal_lines(found: Comparison) -> Iterator[str]:
    """Yield it for a terminal: nothing is wider than 80 columns."""
    names = letters(found.teams)
    for name, team in zip(names, found.teams, strict=True):
        took = exact_duration(team.took_s) if team.took_s is not None else "not closed"
        yield _cut(f"{name}  {team.incident}  {took}; {team.met} of {team.of} met; {count(team.hints, 'hint')}")
        yield _cut(f"   {team.kind}, script {team.script}: {', '.join(team.players) or 'nobody'}")
    yield from (line for note in found.notes for line in _wrapped(f"! {note}"))
    yield ""
    yield _cut(f"{'Objective':<{_TITLE}} {' '.join(f'{name:>2}' for name in names)}")
    for row in found.objectives:
        title = shorten(sanitize(row.title), _TITLE, placeholder="…")
        yield _cut(f"{title:<{_TITLE}} {' '.join(f'{rating or chr(45):>2}' for rating in row.ratings)}")
    for inject in found.injects:
        yield ""
        yield _cut(f"{inject.id}: {inject.text}")
        for name, cell in zip(names, inject.cells, strict=True):
            yield _cut(f"  {name}  {cell_words(cell):<{_STATE}} {cell.choice}".rstrip())


def _cut(text: str) -> str:
    text = " ".join(sanitize(text).split("\n"))
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def _wrapped(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(sanitize(text), WIDTH, subsequent_indent="  ")


def comparison_text(found: Comparison, format_: str) -> str:
    """Return it as ``md``, ``html`` or ``json``."""
    if format_ == "json":
        from journal.report.json import plain_json

        return plain_json(found)
    values = {"c": found, "names": letters(found.teams), "cell_words": cell_words}
    if format_ == "html":
        from journal.report.html import environment

        return environment([filters.TEMPLATES], Times("")).get_template("comparison.html.j2").render(**values) + "\n"
    from journal.report.markdown import environment as markdown

    return markdown(filters.TEMPLATES, Times("")).get_template("comparison.md.j2").render(**values)
