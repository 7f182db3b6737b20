"""Text of SQL for rows: names quoted, digests that mean the same on both servers."""

from __future__ import annotations

from collections.abc import Sequence

from actions.systems.postgres.relations import SETTINGS

SETTLE = "".join(f"SET {name} = '{value}';\n" for name, value in {**SETTINGS, "row_security": "off"}.items())
"""What the text of a row depends on, and that what policies hide is an error, not left out."""


def quoted(name: str) -> str:
    """Return a name as SQL wants it."""
    from psycopg import sql

    return sql.Identifier(name).as_string()


def literal(text: str) -> str:
    """Return a text as SQL wants it."""
    from psycopg import sql

    return sql.Literal(text).as_string()


def listed(names: Sequence[str], prefix: str = "") -> str:
    """Return names in a row, each behind ``prefix`` (``t.``)."""
    return ", ".join(f"{prefix}{quoted(name)}" for name in names)


def equal(left: Sequence[str], right: Sequence[str], one: str, other: str) -> str:
    """Return the condition that columns of ``one`` equal those of ``other``."""
    pairs = zip(left, right, strict=True)
    return " AND ".join(f"{one}.{quoted(a)} = {other}.{quoted(b)}" for a, b in pairs)


def row_mark(names: Sequence[str], table: str = "t") -> str:
    """Return what tells one content of a row from another: 128 bits, as a uuid."""
    return f"md5(ROW({listed(names, f'{table}.')})::text)::uuid"


def tally(names: Sequence[str], table: str = "t") -> str:
    """Return count and digest of rows, in one text: the order of rows does not matter."""
    row = f"hashtextextended(ROW({listed(names, f'{table}.')})::text, 0)"
    return f"count(*) || ' ' || coalesce(sum({row}::numeric), 0)::text"
