"""Whether rows can be brought back as they are: what changed since is named, and nothing is bent to fit."""

from __future__ import annotations

from collections.abc import Sequence

from actions.outcome import ActionFailed, Finding
from actions.systems.postgres.side.rows.difference import Difference
from actions.systems.postgres.side.rows.real import Real, sequences_behind
from actions.systems.postgres.side.rows.tables import Table


def require_same_columns(real: Real, table: Table) -> None:
    """Go on only where the table is there and has the columns that it had.

    Raises:
        ActionFailed: it has not: what changed since is named.
    """
    now = real.schema.tables.get(table.name)
    if now is None:
        raise ActionFailed(
            f"{table.name} is not there any more.",
            f"Bring the table back first: postgres.selective_restore --table {table.schema}.{table.relation}.",
            left_behind="Nothing was changed.",
        )
    if differs := table.differs(now):
        raise ActionFailed(
            f"{table.name} has other columns than then: {'; '.join(differs)}.",
            "Copy what is needed by hand from the side instance, column by column.",
            left_behind="Nothing was changed.",
        )


def require_parents(found: Difference) -> None:
    """Refuse rows that would refer to nothing.

    Raises:
        ActionFailed: some would.
    """
    if found.orphans:
        said = "; ".join(f"{rows:,} by {key}" for key, rows in found.orphans.items())
        raise ActionFailed(
            f"Rows of {found.table.name} that would come back refer to rows that are not there: {said}.",
            "Bring back the tables they refer to first; then run this step again.",
            left_behind="Nothing was changed.",
        )


def say_sequences(real: Real, tables: Sequence[Table]) -> list[Finding]:
    """Return a warning for each sequence that would give a number again that has come back."""
    return [
        Finding(
            severity="warning", about=table.name, text="its sequence stands before the highest number in it", cure=line
        )
        for table in tables
        for line in sequences_behind(real, table)
    ]


def facts_of(found: Difference) -> dict[str, object]:
    """Return the counts as facts: never a row's content."""
    return {
        "table": found.table.name,
        "rows_then": found.rows,
        "missing": found.missing,
        "changed": found.changed,
        "new_since": found.extra,
    }
