"""``postgres.pitr_verify``: what a side instance holds, whether that is sound, and what is otherwise now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from actions.action import action
from actions.context import ActionContext
from actions.machine.machine import last_words
from actions.outcome import Finding, Outcome
from actions.side_instance import otherwise_now
from actions.systems.postgres.amcheck import parse_amcheck, parse_unchecked
from actions.systems.postgres.cluster import Cluster, read_cluster
from actions.systems.postgres.comparison import Comparison
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.manifest import Manifest, load_manifest
from actions.systems.postgres.relations import Relation
from actions.systems.postgres.server import find_server
from actions.systems.postgres.side.ask import require_answers
from actions.systems.postgres.side.contents import read_side
from actions.systems.postgres.side.pitr import side_identity
from actions.systems.postgres.side.place import Side, require_ready
from journal.wording.counting import count

_AMCHECK_S = 6 * 3600.0
_CORRUPT = 2
_NAMED = 200
"""Relations that are named among the facts; all are in the output."""


@action(
    "postgres.pitr_verify",
    script="pitr_verify.sh",
    probe="postgres.pitr_state",
    resumable=True,
    target=side_identity,
    params={"minutes": "spend so many minutes on reading the real server"},
)
def pitr_verify(ctx: ActionContext, *, minutes: int = 60) -> Outcome:
    """Verify a point-in-time restore: is it sound, and what differs from what runs now.

    Checks the structure of its tables and indexes, reads every row of it and of the real server, and says for each
    table how many rows it had then and has now. What it holds is compared with its backup's manifest.

    Needs: the side instance of postgres.pitr; the real server where it is to be compared.
    """
    server = find_server(ctx)
    side = require_ready(server)
    require_answers(side)
    findings = structures(side)
    then = read_side(side)
    now = _now(side, time.monotonic() + minutes * 60)
    compared = compare_with_manifest(side, then)
    findings += [_gentle(one) for one in compared.findings(server.name) if one.severity != "note"]
    differs = _differences(side, then, now)
    for finding in findings:
        ctx.log(f"{finding.severity}: {finding}", "err")
    damaged = [one for one in findings if one.about == "structure"] + [*compared.of("damaged", "wrong")]
    return Outcome(
        ok=not damaged,
        summary=_summary(side, then, now, differs, len(damaged), not_compared(side, compared)),
        facts={
            "side": side.record.state,
            "point": side.record.point,
            "last_before": side.record.last_before.isoformat() if side.record.last_before else None,
            "relations": sum(1 for _ in then.relations()),
            "differs": dict(list(differs.items())[:_NAMED]),
        },
        findings=findings,
        partial="" if now else "the real server was not read",
    )


def structures(side: Side) -> list[Finding]:
    """Check tables and indexes; the extension is installed in the side instance only."""
    if not side.of.ctx.effect("check the side instance's tables and indexes with pg_amcheck"):
        return []
    server, only = side.server, side.record.database
    where = [f"--host={server.settings.address}", f"--port={server.settings.port}"]
    which = [f"--database={only}"] if only else ["--all"]
    argv = [server.program("pg_amcheck"), *where, f"--username={server.settings.user}", "--no-password", *which]
    done = server.run("amcheck", [*side.gently, *argv, "--jobs=2", "--install-missing"], timeout_s=_AMCHECK_S)
    lines = parse_amcheck(done.out)
    unchecked = parse_unchecked(done.out)
    if done.code not in (0, _CORRUPT):
        unchecked.append(last_words(done))
    found = [Finding(severity="warning", about="structure", text=f"corrupt in the backup: {line}") for line in lines]
    return found + [Finding(severity="warning", about="check", text=f"not checked: {line}") for line in unchecked]


def _now(side: Side, end: float) -> Cluster | None:
    """Read the real server; None where it does not answer."""
    try:
        return read_cluster(side.of, until_s=end - time.monotonic(), say=False)
    except CannotConnect as error:
        side.of.ctx.log(f"What runs now is not compared: {error.message}", "err")
        return None


def compare_with_manifest(side: Side, then: Cluster) -> Comparison:
    """Compare it with the manifest of its backup; log was replayed since, so that what differs is no fault."""
    manifest, only = load_manifest(side.of, side.record.backup), side.record.database
    if manifest and only:
        manifest = _of_one(manifest, only)
    database = side.of.settings.database
    return Comparison(manifest, then, database=database, exact=False, closer=lambda database, names: {})


def not_compared(side: Side, compared: Comparison) -> str:
    """Return in words that and why nothing was compared; empty where it was."""
    if compared.against:
        return ""
    if side.of.settings.backups.manifests:
        return f"compared with nothing, as backup {side.record.backup} has no manifest"
    return "compared with nothing, as there is no folder of manifests here: they are not copied off site"


def _of_one(manifest: Manifest, database: str) -> Manifest:
    kept = {name: found for name, found in manifest.databases.items() if name == database}
    return replace(manifest, databases=kept, roles={})


def _gentle(finding: Finding) -> Finding:
    """Return a finding about the side instance as a warning: the real server is not proven to be wrong by it."""
    return replace(finding, severity="warning", system="")


def _differences(side: Side, then: Cluster, now: Cluster | None) -> dict[str, dict[str, Any]]:
    """Return the relations that are otherwise now, with their rows then and now; each is said."""
    found = dict[str, dict[str, Any]]()
    for name, was, have in _pairs(then, now):
        same = have and was and (was.count, was.digest) == (have.count, have.digest)
        side.of.ctx.log(f"{name}: {_said(was)} then{', ' + _said(have) + ' now' if now else ''}{_mark(was, have, now)}")
        if now and not same and not _skipped(was, have):
            found[name] = {"then": was.count if was else None, "now": have.count if have else None}
    return found


def _pairs(then: Cluster, now: Cluster | None) -> Iterator[tuple[str, Relation | None, Relation | None]]:
    """Yield each relation of the databases that were read on both sides, as it was and as it is."""
    for database, found in then.databases.items():
        other = now.databases.get(database) if now else None
        present = other.relations if other else {}
        for name in sorted(found.relations.keys() | present.keys()):
            yield f"{database}, {name}", found.relations.get(name), present.get(name)


def _said(relation: Relation | None) -> str:
    if relation is None:
        return "not there"
    if relation.damage or relation.skipped:
        return f"not read ({relation.damage or relation.skipped})"
    return f"at {relation.count}" if relation.kind == "sequence" else count(relation.count, "row")


def _mark(was: Relation | None, have: Relation | None, now: Cluster | None) -> str:
    if not now or _skipped(was, have):
        return ""
    if was and have and was.count == have.count and was.digest != have.digest:
        return " (other content)"
    return ""


def _skipped(was: Relation | None, have: Relation | None) -> bool:
    return any(one and (one.damage or one.skipped) for one in (was, have))


def _summary(
    side: Side, then: Cluster, now: Cluster | None, differs: dict[str, Any], damaged: int, uncompared: str
) -> str:
    total = sum(1 for _ in then.relations())
    parts = [f"The side instance stands {side.record}", f"{count(total, 'relation')} read to the end"]
    parts.append(f"{count(damaged, 'thing')} damaged in it" if damaged else "none damaged")
    if uncompared:
        parts.append(uncompared)
    if now is None:
        parts.append("the real server does not answer, and was not compared")
    elif differs:
        parts.append(otherwise_now(differs))
    else:
        parts.append("everything is so now, too")
    return "; ".join(parts) + "."
