"""The shell commands that bring rows back from a side instance, as a person types them (see `actions.by_hand`)."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from actions.by_hand import ByHand, CommandLine
from actions.systems.postgres.command_lines import as_client, program
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.side.rows.sql import literal


def selective_restore(known: ByHand) -> Sequence[CommandLine]:
    """Tell what copies one table's missing rows."""
    settings = known.settings(PostgresSettings)
    table = str(known.params.get("table") or "TABLE")
    psql = [program(settings, "psql"), "-X"]
    side = [*psql, "-h", "SOCKET", "-p", "PORT", "-U", settings.user, "-d", settings.database, "-c"]
    real = [*psql, "-1", "-h", settings.address, "-p", str(settings.port), "-U", settings.user, "-d", settings.database]
    steps = [
        f"CREATE TEMP TABLE back AS SELECT * FROM {table} LIMIT 0",
        "\\copy back FROM pstdin (FORMAT binary)",
        f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM back ON CONFLICT DO NOTHING",
    ]
    out = shlex.join([*side, f"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT binary)"])
    back = shlex.join([*real, *(word for step in steps for word in ("-c", step))])
    words = "SOCKET and PORT are in the side instance's server.log; what is there stays:"
    return [as_client(settings, "sh", "-c", f"{out} | {back}", what=words)]


_THEIRS = """\
WITH RECURSIVE of(rel) AS (SELECT {users}::regclass::oid UNION
SELECT conrelid FROM pg_constraint JOIN of ON confrelid = rel WHERE contype = 'f')
SELECT rel::regclass, pg_get_constraintdef(c.oid) FROM of JOIN pg_constraint c ON conrelid = rel AND contype = 'f'
UNION SELECT attrelid::regclass, attname FROM pg_attribute JOIN pg_class t ON t.oid = attrelid
WHERE attname = {column} AND relkind IN ('r', 'p')"""


def reapply_erasures(known: ByHand) -> Sequence[CommandLine]:
    """Tell what deletes the rows of a user who was erased."""
    settings, say = known.settings(PostgresSettings), known.settings(PostgresSettings).user_data
    where = ["-h", settings.address, "-p", str(settings.port), "-U", settings.user, "-d", settings.database]
    psql = [program(settings, "psql"), "-X", *where]
    steps = [
        f"DELETE FROM TABLE WHERE {say.column}::text = 'USER'",
        f"DELETE FROM {say.users} WHERE KEY::text = 'USER'",
    ]
    which = _THEIRS.format(users=literal(say.users), column=literal(say.column))
    words = (
        "For each USER whom the ledger of erasures names; the first -c for each TABLE, those first that refer to "
        "others. A row of somebody else that refers to theirs refuses all of it:"
    )
    return [
        as_client(settings, *psql, "-c", which, what="Which tables have a user's rows, and by what:"),
        as_client(settings, *psql, "-1", *(word for step in steps for word in ("-c", step)), what=words),
    ]


def user_restore(known: ByHand) -> Sequence[CommandLine]:
    """Tell how one user's rows are copied, table by table."""
    say = known.settings(PostgresSettings).user_data
    user = literal(str(known.params.get("user_id") or "USER"))
    words = (
        f"As one table's rows, with WHERE {say.column}::text = {user} in the first command, for each of the user's "
        "tables, those first that others refer to."
    )
    return [CommandLine(what=words)]
