"""``postgres.verify``: is it whole, is it all there, and how much is missing at its end?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from actions.action import action
from actions.backups.pgbackrest import read_repository
from actions.context import ActionContext, Progress
from actions.outcome import ActionFailed, Outcome
from actions.postgres.amcheck import check_structures
from actions.postgres.heartbeat import newest_commit
from actions.postgres.identity import identity
from actions.postgres.manifest import Manifest, compare, load_manifest
from actions.postgres.proven import proven
from actions.postgres.restore_record import load_record
from actions.postgres.server import Server, find_server
from actions.postgres.tables import Counted, list_tables, read_tables
from journal.counting import count

_HOURS_S = 6 * 3600.0
_CHECKSUMS = "SELECT current_setting('data_checksums'), (SELECT sum(checksum_failures) FROM pg_stat_database)::int"


@action("postgres.verify", script="dr_verify_postgres.sh", resumable=True, target=identity)
def verify(ctx: ActionContext) -> Outcome:
    """Verify PostgreSQL's data."""
    server = find_server(ctx)
    _require_primary(server)
    corrupt: list[str] = []
    if ctx.effect("check tables and indexes with pg_amcheck, installing the extension where it is missing"):
        corrupt += check_structures(server)
    found = _read(server)
    corrupt += [f"{name}: {table.damage}" for name, table in found.items() if table.damage]
    manifest = load_manifest(server, _label(server))
    mismatches = compare(manifest, found) if manifest else []
    facts = {**_facts(server, found, manifest), "corrupt": corrupt, "mismatches": mismatches}
    for line in [*corrupt, *mismatches]:
        ctx.log(line, "err")
    return Outcome(ok=not corrupt and not mismatches, summary=_summary(facts), facts=facts)


def _require_primary(server: Server) -> None:
    with proven(server) as session:
        row = session.execute("SELECT pg_is_in_recovery()").fetchone()
    if row and row[0]:
        raise ActionFailed(
            f"{server.name} is still replaying its log.", "Apply the log to its end first: postgres.apply_wal."
        )


def _read(server: Server) -> dict[str, Counted]:
    """Read every table to its last row."""
    found: dict[str, Counted] = {}
    with proven(server, deadline_s=_HOURS_S) as session:
        total = len(list_tables(session)) or 1
        for name, table in read_tables(session):
            server.ctx.check_cancelled()
            found[name] = table
            server.ctx.log(f"{name}: {table.damage or count(table.count, 'row')}")
            server.ctx.progress(Progress(fraction=len(found) / total, text=f"read {name}"))
    return found


def _label(server: Server) -> str:
    """The backup to compare with: the one it was restored from, else the newest."""
    record = load_record(server)
    if record and record.state == "recovered" and record.incident == server.ctx.incident.id:
        return record.backup
    backups = read_repository(server).backups
    return backups[-1].label if backups else ""


def _facts(server: Server, found: dict[str, Counted], manifest: Manifest | None) -> dict[str, Any]:
    with proven(server, deadline_s=30) as session:
        row = session.execute(_CHECKSUMS).fetchone() or ("unknown", None)
        newest = newest_commit(session, server.settings)
    facts = {
        "tables_checked": len(found),
        "checksums": row[0],
        "checksum_failures": row[1],
        "manifest": manifest.label if manifest else None,
        "tables_compared": len(manifest.tables) if manifest else 0,
        "newest_commit_at": newest.isoformat() if newest else None,
    }
    return {key: value for key, value in facts.items() if value is not None}


def _summary(facts: dict[str, Any]) -> str:
    wrong = [*facts["corrupt"], *facts["mismatches"]]
    if wrong:
        more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return f"{count(len(wrong), 'finding')}: {'; '.join(wrong[:3])}{more}."
    compared = (
        f"as in the manifest of backup {facts['manifest']}"
        if "manifest" in facts
        else "not compared: there is no manifest"
    )
    parts = [f"{count(facts['tables_checked'], 'table')} read, {compared}"]
    if facts["checksums"] != "on":
        parts.append("page checksums are off, damage to pages may have gone unseen")
    if "newest_commit_at" in facts:
        parts.append(f"the newest heartbeat is of {datetime.fromisoformat(facts['newest_commit_at']):%H:%M:%S} UTC")
    return "; ".join(parts) + "."
