"""Formats the rows of the result table."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One measurement beside its limit.

    Attributes:
        figure: what was measured.
        measured: what came out, with its unit.
        reference: what it should be seen beside, measured in the same run (or nothing).
        limit: what was promised.
        kept: whether the promise holds; None where it could not be measured, and ``measured`` says why.
    """

    figure: str
    measured: str
    reference: str
    limit: str
    kept: bool | None


VERDICTS = {True: "met", False: "NOT MET", None: "not measured"}
WIDTHS = (39, 36, 46, 22)


def line_of(row: Row) -> str:
    """Return a row of the table, with its verdict as a word."""
    cells = (row.figure, row.measured, row.reference, row.limit)
    return _line(cells, VERDICTS[row.kept])


def _line(cells: tuple[str, ...], verdict: str) -> str:
    return "".join(f"{cell:<{width}}  " for cell, width in zip(cells, WIDTHS, strict=True)) + verdict


HEADER = _line(("figure", "measured", "reference, same run", "limit"), "verdict")


def not_measured(figure: str, limit: str, why: str) -> Row:
    """Return the row of what could not be measured."""
    return Row(figure, f"not measured: {why}", "", limit, None)


def ms(seconds: float) -> str:
    """Return seconds as milliseconds, in words."""
    return f"{seconds * 1e3:.1f} ms" if seconds < 0.1 else f"{seconds * 1e3:.0f} ms"


def mb(size: float) -> str:
    """Return bytes as megabytes (10⁶), in words."""
    return f"{size / 1e6:.0f} MB"
