"""``postgres.user_restore``: one user's rows of every table, from a side instance into the real server."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.erasure.due import require_not_erased
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.postgres.server import find_server
from actions.systems.postgres.side.ask import script
from actions.systems.postgres.side.pitr import side_identity
from actions.systems.postgres.side.place import Side
from actions.systems.postgres.side.rows import by_hand
from actions.systems.postgres.side.rows.bring_back import Brought, bring_back
from actions.systems.postgres.side.rows.difference import Difference, check_references, compare, forget, prepare
from actions.systems.postgres.side.rows.ownership import Ownership, find_ownership, key_literal, key_type
from actions.systems.postgres.side.rows.possible import require_parents, require_same_columns, say_sequences
from actions.systems.postgres.side.rows.real import Real, look_at_real
from actions.systems.postgres.side.rows.selective import database_of, side_at, side_schema
from actions.systems.postgres.side.rows.tables import Schema
from journal.wording.counting import count

NAME = "postgres.user_restore"
_ERASED = (
    "If this user asked to be erased, do not bring the rows back: what was erased on request stays erased. "
    "It is PostgreSQL only: what MongoDB and Redis hold of the user is not restored by this."
)


@action(
    NAME,
    script="user_restore.sh",
    destructive=True,
    probe="postgres.pitr_state",
    resumable=True,
    touches=("data directory", "side instance"),
    target=side_identity,
    by_hand=by_hand.user_restore,
    params={
        "user_id": "the user's key in the table of users",
        "date": "as it was then: an instant with its zone (default: where the side instance stands)",
        "update": "also give rows of the user that were changed their content of then",
        "users": "the table of users",
        "column": "what a column is called that says whose a row is",
        "also": "further such columns where several could say it: table.column, separated by commas",
    },
)
def user_restore(
    ctx: ActionContext,
    *,
    user_id: str = "",
    date: str = "",
    update: bool = False,
    users: str = "users",
    column: str = "user_id",
    also: str = "",
) -> Outcome:
    """Restore one user's rows.

    They come from the side instance that postgres.pitr made: of every table that refers to the table of users, or has a
    column of the name, or refers to such rows. Rows of others are never written. PostgreSQL only: what MongoDB and
    Redis hold of the user is not restored.

    Needs: the side instance; keys of one column; a user of the real server who may write these tables; psql on its
    host.

    Leaves: the user's rows that were missing, with `update` also their content of then, in one transaction.

    Killed half way: nothing was written, or all of it; run again it compares anew.
    """
    server = find_server(ctx)
    if not user_id:
        raise ActionFailed("Say which user.", "--user-id ID")
    require_not_erased(ctx, user_id)
    side = side_at(server, date, NAME)
    real = look_at_real(server, database_of(side))
    schema = side_schema(side, real.database)
    whose = _ownership(side, real, schema, users, user_id, column, also)
    prepare(side, real.database)
    try:
        found = _compared(side, real, schema, whose)
        findings = _findings(whose, found, update=update)
        for finding in findings:
            ctx.log(f"{finding.severity}: {finding}", "err")
        return _bring(side, real, found, whose, findings, update=update)
    finally:
        forget(side, real.database)


def _ownership(side: Side, real: Real, schema: Schema, users: str, user: str, column: str, also: str) -> Ownership:
    """Say which tables have rows of the user, and how that is told.

    Raises:
        ActionFailed: the table of users has no key of one column, or the user's key is none.
    """
    table = schema.find(users, side.server.name)
    if len(table.key) != 1:
        raise ActionFailed(
            f"{table.name} has no primary key of one column: nobody can tell which rows are the user's.",
            "Bring back whole tables instead: postgres.selective_restore.",
        )
    key = key_literal(table, user)
    if script(side, f"SELECT {key};", real.database).code != 0:
        raise ActionFailed(
            f"The user's key is no {key_type(table)}, as those of {table.name} are.", "Correct --user-id."
        )
    names = [name.strip() for name in also.split(",") if name.strip()]
    found = find_ownership(schema, table, f"SELECT {key}", column, names)
    for one in found.owned:
        side.of.ctx.log(f"{one.table.name}: by {one.by}.")
    return found


def _compared(side: Side, real: Real, schema: Schema, whose: Ownership) -> list[Difference]:
    for one in whose.owned:
        require_same_columns(real, one.table)
    found = [compare(side, real, one.table, number, where=one.where) for number, one in enumerate(whose.owned)]
    found = [check_references(side, real, one, schema, found) for one in found]
    for each in found:
        side.of.ctx.log(f"{each}.")
        require_parents(each)
    if not any(each.rows for each in found):
        raise ActionFailed(
            "The side instance has no rows of this user.", "Was the user there then? Choose another instant or user."
        )
    return found


def _findings(whose: Ownership, found: list[Difference], *, update: bool) -> list[Finding]:
    lines = [Finding(severity="warning", about="left out", text=line) for line in whose.left_out]
    for one in found:
        about = one.table.name
        referred = "then referred to them by"
        texts = [f"{count(rows, 'row')} {referred} {key}, and do not come back" for key, rows in one.left.items()]
        if one.changed and not update:
            texts.append(f"{count(one.changed, 'row')} with other content than then stay as they are")
        lines += [Finding(severity="note", about=about, text=text) for text in texts]
    return [*lines, Finding(severity="note", about="this user", text=_ERASED)]


def _bring(
    side: Side, real: Real, found: list[Difference], whose: Ownership, findings: list[Finding], *, update: bool
) -> Outcome:
    missing, changed = sum(one.missing for one in found), sum(one.changed for one in found) if update else 0
    if not missing and not changed:
        return Outcome(
            ok=True,
            summary="Nothing of this user is missing in PostgreSQL.",
            facts=_facts(found, []),
            findings=findings,
        )
    words = f"insert {count(missing, 'missing row')} of this user"
    words += f", and change {changed:,} back" if update else ""
    if not side.of.ctx.effect(words):
        return Outcome(ok=True, summary=f"would {words}", facts=_facts(found, []), findings=findings)
    owned = {one.table.name: one.where for one in whose.owned}
    brought = bring_back(side, real, found, "update" if update else "missing", owned)
    return Outcome(
        ok=True,
        summary=f"{_summary(found, brought)} PostgreSQL only: MongoDB and Redis were not touched.",
        facts=_facts(found, brought),
        findings=[*findings, *_kept_out(found, brought), *say_sequences(real, [one.table for one in found])],
    )


def _kept_out(found: list[Difference], brought: list[Brought]) -> list[Finding]:
    """Name the tables in which somebody else's row has the key, or a unique value, of one that was to come back."""
    return [
        Finding(
            severity="warning",
            about=one.table.name,
            text=f"{count(got.kept_out, 'row')} did not come back: another row has the same key or unique value now",
        )
        for one, got in zip(found, brought, strict=True)
        if got.kept_out
    ]


def _summary(found: list[Difference], brought: list[Brought]) -> str:
    parts = []
    for one, got in zip(found, brought, strict=True):
        if got.inserted or got.updated:
            changed = f", {got.updated:,} changed back" if got.updated else ""
            parts.append(f"{one.table.name} {got.inserted:,}{changed}")
    return f"Rows of this user that came back: {'; '.join(parts) or 'none'}."


def _facts(found: list[Difference], brought: list[Brought]) -> dict[str, object]:
    """Return the counts by table: never a row's content."""
    tables: dict[str, dict[str, int]] = {
        one.table.name: {"rows_then": one.rows, "missing": one.missing, "changed": one.changed} for one in found
    }
    for one, got in zip(found, brought, strict=False):
        tables[one.table.name] |= {"inserted": got.inserted, "updated": got.updated}
    return {"tables": tables}
