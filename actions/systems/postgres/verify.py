"""``postgres.verify``: checks the structure and completeness of the data, and measures the loss at its end."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from actions.action import action
from actions.backups.engine import leave_mark
from actions.backups.marks import Mark
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.postgres import by_hand
from actions.systems.postgres.amcheck import check_structures
from actions.systems.postgres.cluster import read_cluster
from actions.systems.postgres.comparison import Comparison
from actions.systems.postgres.cures import APPLY_WAL, connect_or_help
from actions.systems.postgres.evidence import look_closer
from actions.systems.postgres.heartbeat import newest_commit
from actions.systems.postgres.identity import identity
from actions.systems.postgres.manifest import Manifest, load_manifest
from actions.systems.postgres.pgbackrest.command import read_repository
from actions.systems.postgres.recovery_findings import recovery_findings
from actions.systems.postgres.relations import SETTINGS
from actions.systems.postgres.restore_record import RestoreRecord, load_record
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.verification_cures import verification_cures
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import parse_lsn
from journal.wording.counting import count

_CHECKSUMS = "SELECT current_setting('data_checksums'), (SELECT sum(checksum_failures) FROM pg_stat_database)::int"
_LEAST_S = 1.0


@action(
    "postgres.verify",
    script="dr_verify_postgres.sh",
    resumable=True,
    target=identity,
    by_hand=by_hand.verify,
    params={"minutes": "end after so many minutes, and say what was not looked at"},
)
def verify(ctx: ActionContext, *, minutes: int = 360) -> Outcome:
    """Verify PostgreSQL's data.

    Checks every table and index with pg_amcheck, reads every row of every database, and compares with the backup's
    manifest. Wrong is what is proven to be, no more.

    Needs: the server up as a primary; a superuser, or one who may read everything (what that one may not look at is
    said); pg_amcheck on the host.

    Leaves: the extension amcheck where it was missing; after a restore, a note beside the backup
    (`restored-<time>.json`). No row is changed.

    Killed half way: nothing is proven; run it again, it begins anew.
    """
    server, end = find_server(ctx), time.monotonic() + minutes * 60.0
    _require_primary(server)
    left = recovery_findings(server)
    for finding in left:
        ctx.log(f"{finding.severity}: {finding}", "err")  # what may hold everything up is said before it does
    corrupt, unchecked = _structures(server, end)
    record = _record(server)
    manifest = load_manifest(server, _label(server, record))
    settings = manifest.settings if manifest else SETTINGS
    found = read_cluster(server, until_s=end - time.monotonic(), settings=settings)
    compared = Comparison(
        manifest,
        found,
        database=server.settings.database,
        exact=_exact(record, manifest),
        closer=lambda database, names: look_closer(server, database, names),
    )
    findings = _structural(server, corrupt, unchecked) + compared.findings(server.name)
    findings += [*_no_manifest(manifest), *left]
    outcome = _outcome(server, record, compared, findings, [*corrupt, *found.damaged()], manifest)
    if record and not ctx.dry_run and not outcome.partial:
        leave_mark(ctx, record.backup, "restored", _mark(ctx, record, outcome))
    return outcome


def _mark(ctx: ActionContext, record: RestoreRecord, outcome: Outcome) -> Mark:
    """Return what a verification says of the restore, and how long that and the replay took."""
    return Mark(
        at=datetime.now(UTC),
        ok=outcome.ok,
        by=ctx.incident.id,
        seconds=record.seconds,
        words=outcome.summary,
        facts={"bytes": record.size},
    )


def _require_primary(server: Server) -> None:
    with connect_or_help(server) as session:
        row = session.execute("SELECT pg_is_in_recovery()").fetchone()
    if not row or not row[0]:
        return
    if leader := server.settings.standby_of:
        raise ActionFailed(
            f"{server.name} stands by for {leader}, and replays as long as it follows.",
            f"Verify {leader}: --on {leader}.",
        )
    raise ActionFailed(
        f"{server.name} is still replaying its log.",
        cures=[Cure(words="Apply the log to its end first: that promotes it.", action=APPLY_WAL)],
    )


def _structures(server: Server, end: float) -> tuple[list[str], list[str]]:
    if not server.ctx.effect("check tables and indexes with pg_amcheck, installing the extension where it is missing"):
        return [], []
    return check_structures(server, limit_s=max(_LEAST_S, end - time.monotonic()))


def _record(server: Server) -> RestoreRecord | None:
    """Return the record of the restore that is verified; None where it came back by itself."""
    record = load_record(server)
    ours = record and record.state == "recovered" and record.incident == server.ctx.incident.id
    return record if ours else None


def _label(server: Server, record: RestoreRecord | None) -> str:
    """The backup to compare with: the one it was restored from, else the newest."""
    if record:
        return record.backup
    backups = read_repository(server).backups
    return backups[-1].label if backups else ""


def _exact(record: RestoreRecord | None, manifest: Manifest | None) -> bool:
    """Whether no log was replayed beyond what the manifest saw: what was stable must then be equal."""
    if record is None or manifest is None:
        return False
    seen = max(manifest.counted_lsn, parse_lsn(manifest.lsn) if manifest.lsn else 0)
    return record.recovery_point.kind == "backup" or 0 < record.target_lsn <= seen


def _structural(server: Server, corrupt: list[str], unchecked: list[str]) -> list[Finding]:
    cure = "Keep the writers out; restore a sound backup. An index alone: REINDEX it."
    found = [Finding(severity="wrong", about="structure", text=line, cure=cure, system=server.name) for line in corrupt]
    if unchecked:
        more = f", and {len(unchecked) - 5} more" if unchecked[5:] else ""
        text = f"not checked: {'; '.join(unchecked[:5])}{more}"
        found.append(Finding(severity="warning", about="structure", text=text, cure="Verify again once it is free."))
    return found


def _no_manifest(manifest: Manifest | None) -> list[Finding]:
    if manifest is None:
        text = "none for this backup: what was read is whole, whether it is all there is not known"
        cure = "Count what matters by hand; take backups with backups.take, which writes one."
        return [Finding(severity="warning", about="manifest", text=text, cure=cure)]
    if not manifest.whole:
        text = "knows only the tables of the inventory's database; other databases and definitions are not compared"
        return [Finding(severity="note", about="manifest", text=text)]
    return []


def _outcome(
    server: Server,
    record: RestoreRecord | None,
    compared: Comparison,
    findings: list[Finding],
    corrupt: list[str],
    manifest: Manifest | None,
) -> Outcome:
    wrong = [finding for finding in findings if finding.severity == "wrong"]
    for finding in findings:
        server.ctx.log(f"{finding.severity}: {finding}", "err" if finding.severity != "note" else "out")
    facts = {**_facts(server, manifest), **_counts(compared), "corrupt": corrupt}
    facts["mismatches"] = [str(one) for one in wrong if not any(line in one.text for line in corrupt)]
    left_out = [case for case in compared.of("not looked at") if "foreign table" not in case.text]
    unchecked = any(one.about == "structure" and one.severity == "warning" for one in findings)
    parts = [count(len(left_out), "relation") + " not looked at"] if left_out else []
    parts += ["structures not all checked"] if unchecked else []
    partial = "; ".join(parts)
    return Outcome(
        ok=not wrong,
        summary=_summary(facts, wrong, partial),
        facts=facts,
        findings=findings,
        partial=partial,
        cures=verification_cures(server, record, compared, corrupt) if wrong else [],
        examined=[] if partial or server.ctx.dry_run else [server.name],
    )


def _counts(compared: Comparison) -> dict[str, Any]:
    tally = compared.tally()
    looked = sum(number for name, number in tally.items() if name not in ("missing", "not looked at"))
    return {
        "databases": len({case.database for case in compared.cases}),
        "tables_checked": looked,
        "rows": compared.rows,
        "tables_compared": sum(tally[name] for name in ("same", "changed", "emptied", "wrong")),
        **{name.replace(" ", "_"): number for name, number in tally.items()},
    }


def _facts(server: Server, manifest: Manifest | None) -> dict[str, Any]:
    with connect_verified(server, deadline_s=30) as session:
        row = session.execute(_CHECKSUMS).fetchone() or ("unknown", None)
        newest = newest_commit(session, server.settings)
    facts = {
        "checksums": row[0],
        "checksum_failures": row[1],
        "manifest": manifest.label if manifest else None,
        "newest_commit_at": newest.isoformat() if newest else None,
    }
    return {key: value for key, value in facts.items() if value is not None}


def _summary(facts: dict[str, Any], wrong: list[Finding], partial: str) -> str:
    if wrong:
        more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return f"{count(len(wrong), 'thing')} proven wrong: {'; '.join(str(one) for one in wrong[:3])}{more}."
    read = f"{count(facts['tables_checked'], 'relation')} of {count(facts['databases'], 'database')} read"
    parts = [f"{read}, {count(facts['rows'], 'row')}"]
    parts.append(_compared(facts) if "manifest" in facts else "not compared: there is no manifest")
    parts += [partial] if partial else []
    if facts["checksums"] != "on":
        parts.append("page checksums are off, damage to pages may have gone unseen")
    if "newest_commit_at" in facts:
        parts.append(f"the newest heartbeat is of {datetime.fromisoformat(facts['newest_commit_at']):%H:%M:%S} UTC")
    return "; ".join(parts) + "."


def _compared(facts: dict[str, Any]) -> str:
    others = {"changed": "changed since", "missing": "missing", "emptied": "emptied since"}
    said = [f"{facts['same']} as in the manifest of backup {facts['manifest']}"]
    return ", ".join([*said, *(f"{facts[name]} {words}" for name, words in others.items() if facts[name])])
