"""Brings back a table that was dropped, with its indexes, constraints and triggers, and what referred to it."""

from __future__ import annotations

import re
import shlex

from actions.outcome import Finding, Outcome
from actions.systems.postgres.definitions import DEFINITION_DIGESTS, definitions
from actions.systems.postgres.side.ask import ask
from actions.systems.postgres.side.place import Side
from actions.systems.postgres.side.rows.difference import check_references, compare
from actions.systems.postgres.side.rows.possible import facts_of, require_parents
from actions.systems.postgres.side.rows.real import Real, require_done
from actions.systems.postgres.side.rows.sql import SETTLE, literal, quoted, tally
from actions.systems.postgres.side.rows.tables import ForeignKey, Schema, Table
from actions.systems.postgres.verified_connection import connect_verified
from journal.wording.counting import count

_HOURS_S = 6 * 3600.0
_NAMED = 10
_NOT_VALID = re.compile(r"cleo not valid: (.+)$", re.MULTILINE)


def restore_dropped(side: Side, real: Real, schema: Schema, table: Table) -> Outcome:
    """Make the table again as it was and fill it, in one transaction.

    Count and digest are compared before that is committed. Foreign keys of other tables are made again, too; one that
    rows contradict by now is made without checking those (``NOT VALID``), and named.

    Raises:
        ActionFailed: rows of it refer to what is not there, or it was not done.
    """
    found = check_references(side, real, compare(side, real, table, 0), schema, [])
    side.of.ctx.log(f"{table.name}: {count(found.rows, 'row')} then; the table is not there now.")
    require_parents(found)
    keys = [key for key in schema.into(table.name) if key.child in real.schema.tables]
    for key in keys:
        side.of.ctx.log(f"{key.name} of {key.child} refers to it again.")
    facts = {**facts_of(found), "dropped": True}
    if not side.of.ctx.effect(f"make {table.name} again, with {count(found.rows, 'row')}"):
        return Outcome(ok=True, summary=f"would make {table.name} again, with {count(found.rows, 'row')}", facts=facts)
    findings = [*_made(side, real, table, keys), *_missing(side, real)]
    rows = count(found.rows, "row")
    return Outcome(
        ok=True,
        summary=f"{table.name} is there again, with its {rows}; count and digest were compared before that.",
        facts={**facts, "inserted": found.rows},
        findings=findings,
    )


def _made(side: Side, real: Real, table: Table, keys: list[ForeignKey]) -> list[Finding]:
    """Dump the table and load it; returns the foreign keys that rows contradict."""
    settings, root = side.server.settings, side.root
    dump, begin, end = (f"{root}/bring-back.{name}.sql" for name in ("table", "begin", "end"))
    where = ["-h", settings.address, "-p", str(settings.port), "-U", settings.user, "-d", real.database, "-w"]
    dumped = [side.server.program("pg_dump"), *where, f"--table={table.name}", f"--file={dump}"]
    question = f"SELECT {tally(table.stored)} AS sent FROM {table.name} t"
    sent = str(ask(side, question, real.database, before=SETTLE, timeout_s=_HOURS_S)[0]["sent"])
    side.of.write(begin, f"{real.prologue()}SET statement_timeout = 0;\n")
    side.of.write(end, SETTLE + _proven(table, sent) + "".join(_referring(key) for key in keys))
    loaded = real.line("--single-transaction", "-o", "/dev/null", "-f", begin, "-f", dump, "-f", end)
    clean = f"rm -f {shlex.quote(root)}/bring-back.*"
    argv = ["sh", "-c", f"umask 077; {{ {shlex.join(dumped)} && {shlex.join(loaded)}; }}; code=$?; {clean}; exit $code"]
    done = side.of.run("bring-back", argv, timeout_s=_HOURS_S, env=real.environment())
    require_done(done, f"{table.name} was not made again")
    return [
        Finding(
            severity="warning",
            about=table.name,
            text=f"{name} is there again, and rows contradict it: it is not validated",
            cure="Bring back the rows they refer to, then ALTER TABLE … VALIDATE CONSTRAINT.",
        )
        for name in _NOT_VALID.findall(done.err)
    ]


def _proven(table: Table, sent: str) -> str:
    wrong = literal(f"what arrived of {table.name} is not what was sent".replace("%", "%%"))
    same = f"(SELECT {tally(table.stored)} FROM {table.name} t) = {literal(sent)}"
    return f"DO $cleo$ BEGIN IF NOT {same} THEN RAISE EXCEPTION {wrong}; END IF; END $cleo$;\n"


def _referring(key: ForeignKey) -> str:
    """Return what makes a foreign key of another table again, unchecked where rows contradict it."""
    add = f"ALTER TABLE {key.child} ADD CONSTRAINT {quoted(key.name)} {key.definition}"
    words = literal(f"cleo not valid: {key}".replace("%", "%%"))
    return (
        f"DO $cleo$ BEGIN {add}; EXCEPTION WHEN foreign_key_violation THEN {add.removesuffix(' NOT VALID')} NOT VALID; "
        f"RAISE WARNING {words}; WHEN duplicate_object THEN NULL; END $cleo$;\n"
    )


def _missing(side: Side, real: Real) -> list[Finding]:
    """Name what was defined then and is not now, such as views that went with the table: nobody makes those again."""
    then = {row["name"] for row in ask(side, DEFINITION_DIGESTS, real.database)}
    with connect_verified(real.server, deadline_s=60, database=real.database) as session:
        now, unknown = definitions(session)
    ours = {"extension amcheck"}  # for the side instance's own verification
    gone = sorted(name for name in then - now.keys() - ours if "cleo_now" not in name)
    if unknown or not gone:
        return []
    more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
    text = f"defined then, and not now: {', '.join(gone[:_NAMED])}{more}"
    return [Finding(severity="warning", about=real.database, text=text, cure="Make them again, from their source.")]
