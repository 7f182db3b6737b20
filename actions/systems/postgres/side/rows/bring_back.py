"""Copies rows from the side instance into the real server: staged, compared there, and written in one transaction."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

import msgspec

from actions.systems.postgres.side.ask import QUIET, ask, psql_line
from actions.systems.postgres.side.place import Side
from actions.systems.postgres.side.rows.difference import Difference
from actions.systems.postgres.side.rows.real import Real, require_done
from actions.systems.postgres.side.rows.sql import SETTLE, tally
from actions.systems.postgres.side.rows.statements import Mode, exported, staged, written

_HOURS_S = 6 * 3600.0
_SAID = re.compile(r"^cleo (\w+) (\d+) (\d+)$", re.MULTILINE)
_UNDONE = "All of it was undone. Mend what it says, then run the step again: it compares anew."


class Brought(msgspec.Struct, frozen=True):
    """What one table got: rows that came back, were changed, and went; and those that another unique key kept out."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    kept_out: int = 0


def bring_back(
    side: Side, real: Real, found: Sequence[Difference], mode: Mode, owned: Mapping[str, str] | None = None
) -> list[Brought]:
    """Write the rows of each table, in this order, in one transaction. Call it only where ``effect`` said True.

    What arrives is staged in temporary tables and compared with what was sent, by count and digest, before anything is
    written. Whatever fails, and who ends it, undoes all of it. Triggers of people's own do not fire.

    Args:
        side: the side instance.
        real: the real server.
        found: the tables, those that others refer to first.
        mode: ``missing`` only inserts what is not there; ``update`` also gives changed rows their old content;
            ``replace`` makes the table what it was: rows that are new since go.
        owned: for ``update``, by table, the condition on ``t`` that a row must meet now to be changed.

    Raises:
        ActionFailed: it was not done; nothing was written.
    """
    there, steps = shlex.join(psql_line(side.server, real.database)), ["umask 077"]
    script = [real.prologue(), "SET statement_timeout = 0;\nBEGIN;\n"]
    for one in found:
        sent = _tally(side, real, one, mode)
        ask_file, rows = _file(side, one, "sql"), _file(side, one, "rows")
        side.of.write(ask_file, f"{QUIET}{SETTLE}COPY ({exported(one, mode)}) TO STDOUT (FORMAT binary);\n")
        steps.append(f"{there} -f {shlex.quote(ask_file)} >{shlex.quote(rows)}")
        now, children = real.schema.tables[one.table.name], real.schema.into(one.table.name)
        condition = (owned or {}).get(one.table.name, "true")
        script.append(staged(one, rows, sent))
        script.append(written(one, mode, now=now, children=children, owned=condition, sent=sent))
    side.of.write(f"{side.root}/bring-back.all.sql", "".join([*script, "COMMIT;\n"]))
    steps.append(shlex.join(real.line("-f", f"{side.root}/bring-back.all.sql")))
    return _run(side, real, steps, found)


def _run(side: Side, real: Real, steps: Sequence[str], found: Sequence[Difference]) -> list[Brought]:
    clean = f"rm -f {shlex.quote(side.root)}/bring-back.*"
    argv = ["sh", "-c", f"{{ {' && '.join(steps)}; }}; code=$?; {clean}; exit $code"]
    done = side.of.run("bring-back", argv, timeout_s=_HOURS_S, env=real.environment())
    require_done(done, f"Nothing was brought back into {real.server.name}", _UNDONE)
    said = {(what, int(number)): int(rows) for what, number, rows in _SAID.findall(done.out)}
    return [
        Brought(
            inserted=said.get(("inserted", one.number), 0),
            updated=said.get(("updated", one.number), 0),
            deleted=said.get(("deleted", one.number), 0),
            kept_out=max(0, one.missing - said.get(("inserted", one.number), 0)),
        )
        for one in found
    ]


def _tally(side: Side, real: Real, one: Difference, mode: Mode) -> str:
    """Return count and digest of what is sent, as the side instance has it."""
    question = f"SELECT {tally(one.table.stored)} AS sent FROM ({exported(one, mode)}) t"
    return str(ask(side, question, real.database, before=SETTLE, timeout_s=_HOURS_S)[0]["sent"])


def _file(side: Side, one: Difference, kind: str) -> str:
    return f"{side.root}/bring-back.{one.number}.{kind}"
