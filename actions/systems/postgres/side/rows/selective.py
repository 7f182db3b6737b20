"""``postgres.selective_restore``: rows of one table as they were, from a side instance into the real server."""

from __future__ import annotations

from actions.action import action
from actions.asked_instant import asked_instant
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.side.ask import ask, require_answers
from actions.systems.postgres.side.pitr import side_identity
from actions.systems.postgres.side.place import Side, require_ready
from actions.systems.postgres.side.rows import by_hand
from actions.systems.postgres.side.rows.bring_back import Brought, bring_back
from actions.systems.postgres.side.rows.difference import (
    Difference,
    check_held,
    check_references,
    compare,
    forget,
    prepare,
)
from actions.systems.postgres.side.rows.dropped import restore_dropped
from actions.systems.postgres.side.rows.possible import facts_of, require_parents, require_same_columns, say_sequences
from actions.systems.postgres.side.rows.real import Real, look_at_real
from actions.systems.postgres.side.rows.tables import FOREIGN_KEYS, TABLES, Schema, Table, schema_of
from actions.systems.postgres.side.rows.torn import say_torn
from journal.incident.recovery_point import RecoveryPoint
from journal.wording.counting import count

NAME = "postgres.selective_restore"
_SEARCH = "SET search_path = 'pg_catalog';"


@action(
    NAME,
    script="selective_restore.sh",
    destructive=True,
    probe="postgres.pitr_state",
    resumable=True,
    touches=("data directory", "side instance"),
    target=side_identity,
    by_hand=by_hand.selective_restore,
    params={
        "table": "which table, with its schema where several are called so",
        "date": "as it was then: an instant with its zone (default: where the side instance stands)",
        "replace": "make the table what it was: changed rows too, and rows that are new since go",
    },
)
def selective_restore(ctx: ActionContext, *, table: str = "", date: str = "", replace: bool = False) -> Outcome:
    """Restore the rows of one table.

    They come from the side instance that postgres.pitr made. What would come back, be changed or go is counted first,
    and is all that a dry run does. Only missing rows come back, unless asked. Transactions since then that wrote to
    this table and to others are named: of those only what they did here is undone.

    Needs: the side instance; a primary key; a user of the real server who may write the table; psql on its host.

    Leaves: the rows, written in one transaction after their count and digest were compared; with `replace` the rows
    that came since are gone. People's own triggers do not fire. Nothing beside the table.

    Killed half way: nothing was written, or all of it; run again it compares anew.
    """
    server = find_server(ctx)
    if not table:
        raise ActionFailed("Say which table.", "--table users")
    side = side_at(server, date, NAME)
    real = look_at_real(server, database_of(side))
    schema = side_schema(side, real.database)
    prepare(side, real.database)
    try:
        meant = schema.find(table, side.server.name)
        if meant.name not in real.schema.tables:
            return restore_dropped(side, real, schema, meant)
        found = _compared(side, real, schema, meant, replace=replace)
        require_parents(found)
        if replace:
            _require_unheld(found)
        findings = _findings(real, found, replace=replace)
        if found.missing or (replace and (found.changed or found.extra)):
            findings += say_torn(side, real, meant, replace=replace)
        for finding in findings:
            ctx.log(str(finding), "err")
        if not found.missing and not (replace and (found.changed or found.extra)):
            return Outcome(ok=True, summary=f"Nothing is missing. {found}.", facts=facts_of(found), findings=findings)
        if not ctx.effect(_words(found, replace=replace)):
            return Outcome(ok=True, summary=f"would bring back: {found}.", facts=facts_of(found), findings=findings)
        (brought,) = bring_back(side, real, [found], "replace" if replace else "missing")
        return _outcome(found, brought, [*findings, *say_sequences(real, [meant])])
    finally:
        forget(side, real.database)


def side_at(server: Server, date: str, name: str) -> Side:
    """Return the side instance, which answers and stands where it is asked for.

    Raises:
        ActionFailed: there is none such, with what makes it; or the time may mean several instants.
    """
    at = RecoveryPoint(instant=asked_instant(date, name, "date")).text if date else ""
    side = require_ready(server, at=at)
    require_answers(side)
    return side


def database_of(side: Side) -> str:
    """Return the database whose rows are meant: the only one of the side instance, else the inventory's."""
    return side.record.database or side.of.settings.database


def side_schema(side: Side, database: str) -> Schema:
    """Return the tables as they were."""
    return schema_of(ask(side, TABLES, database, before=_SEARCH), ask(side, FOREIGN_KEYS, database, before=_SEARCH))


def _compared(side: Side, real: Real, schema: Schema, table: Table, *, replace: bool) -> Difference:
    require_same_columns(real, table)
    found = compare(side, real, table, 0)
    side.of.ctx.log(f"{found}.")
    found = check_references(side, real, found, schema, [found])
    return check_held(side, real, found) if replace else found


def _require_unheld(found: Difference) -> None:
    """Refuse to delete rows that others refer to now: with them those would go, or be refused.

    Raises:
        ActionFailed: some are.
    """
    if found.held:
        said = "; ".join(f"{rows:,} by {key}" for key, rows in found.held.items())
        raise ActionFailed(
            f"Rows of {found.table.name} that would go are referred to now: {said}.",
            left_behind="Nothing was changed.",
            cures=[Cure(words="Bring back the missing rows alone.", action=NAME, params={"replace": False})],
        )


def _findings(real: Real, found: Difference, *, replace: bool) -> list[Finding]:
    lines = [
        f"{count(rows, 'row')} then referred to them by {key}, and do not come back" for key, rows in found.left.items()
    ]
    if found.changed and not replace:
        lines.append(f"{count(found.changed, 'row')} with other content than then stay as they are")
    triggers = real.schema.tables[found.table.name].triggers
    if triggers:
        lines.append(f"triggers do not fire for what comes back: {', '.join(triggers)}")
    return [Finding(severity="note", about=found.table.name, text=line) for line in lines]


def _words(found: Difference, *, replace: bool) -> str:
    words = f"insert {count(found.missing, 'missing row')} into {found.table.name}"
    if not replace:
        return words
    return f"{words}, change {found.changed:,} back, and delete {found.extra:,} that are new since"


def _outcome(found: Difference, brought: Brought, findings: list[Finding]) -> Outcome:
    parts = [f"{count(brought.inserted, 'row')} of {found.table.name} came back"]
    parts += [f"{brought.updated:,} have their content of then"] if brought.updated else []
    parts += [f"{brought.deleted:,} that were new since are gone"] if brought.deleted else []
    if brought.kept_out:
        text = f"{count(brought.kept_out, 'row')} did not come back: another row has the same unique value now"
        findings = [*findings, Finding(severity="warning", about=found.table.name, text=text)]
    return Outcome(
        ok=True,
        summary=f"{'; '.join(parts)}. Count and digest of what arrived were compared before it was written.",
        facts={**facts_of(found), "inserted": brought.inserted, "updated": brought.updated, "deleted": brought.deleted},
        findings=findings,
    )
