"""How a measurement is shown."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One measurement, its limit, and what it should be seen beside on this machine (or nothing)."""

    name: str
    measured: str
    limit: str
    reference: str
    kept: bool


def line_of(row: Row) -> str:
    """Return a row of the table, with its verdict as a word."""
    verdict = "kept" if row.kept else "BROKEN"
    return f"{row.name:<44}{row.measured:<34}{row.limit:<24}{row.reference:<30}{verdict}"


HEADER = f"{'what':<44}{'measured':<34}{'limit':<24}{'beside':<30}verdict"
