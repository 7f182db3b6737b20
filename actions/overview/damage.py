"""``damage.report``: what is damaged, what there is to recover from, and how much would be lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from actions.action import action
from actions.context import ActionContext
from actions.health import Health
from actions.outcome import Finding, Outcome
from actions.overview.everything import measure_all
from actions.systems.postgres.amcheck import check_without_installing
from actions.systems.postgres.backups.pgbackrest import read_repository
from actions.systems.postgres.backups.verify import quick_facts
from actions.systems.postgres.cluster import Cluster, read_cluster
from actions.systems.postgres.comparison import Comparison
from actions.systems.postgres.heartbeat import measure
from actions.systems.postgres.manifest import load_manifest
from actions.systems.postgres.process import describe_data, postmaster
from actions.systems.postgres.proven_server import proven
from actions.systems.postgres.server import Server
from journal.errors import CleoError
from journal.incident.measured import Measured, newest_of
from journal.store.whole_file import replace_whole
from journal.wording.counting import count

_PATIENT_S = 15.0
_READ_S = 300.0
"""A report belongs to the first half hour: what takes longer is left to postgres.verify, and said."""


@action("damage.report", script="dr_damage_report.sh")
def damage_report(ctx: ActionContext) -> Outcome:
    """Write the damage report."""
    now = datetime.now(UTC)
    lines = [f"Damage report, {now:%Y-%m-%d %H:%M:%S} UTC, incident {ctx.incident.id} {ctx.incident.title}".rstrip()]
    facts: dict[str, Any] = {}
    for name, health in measure_all(ctx, _PATIENT_S).items():
        ctx.check_cancelled()
        server = Server(ctx, name, ctx.inventory.systems[name])
        facts[name], text = _examine(server, health)
        lines += ["", f"{name}: {health.status}", *(f"  {line}" for line in text)]
    for line in lines:
        ctx.log(line)
    place = ctx.files / f"damage_{now:%Y%m%d_%H%M%S}.log"
    if ctx.effect(f"write {place}"):
        replace_whole(place, (ctx.without_secrets("\n".join(lines)) + "\n").encode())
    findings = [finding for name, found in facts.items() for finding in _findings(name, found)]
    return Outcome(ok=True, summary=_summary(facts), facts={**facts, "file": str(place)}, findings=findings)


def _findings(system: str, facts: dict[str, Any]) -> list[Finding]:
    """What is damaged is wrong until a verification proves otherwise; what the newest backup has besides is said."""
    cure = "Find out whether the page or the log holds it: postgres.verify; then choose the recovery point."
    corrupt, lacking = facts.get("corrupt", []), facts.get("lacking", [])
    found = [Finding(severity="wrong", about=system, text=line, cure=cure, system=system) for line in corrupt]
    return found + [
        Finding(severity="warning", about=system, text=line, cure="Compare it with what people know of it.")
        for line in lacking
        if line not in corrupt
    ]


def _examine(server: Server, health: Health) -> tuple[dict[str, Any], list[str]]:
    """Return facts and lines on one server; what cannot be looked at is said, not left out."""
    facts: dict[str, Any] = {"status": health.status}
    lines = [health.detail]
    for look in (_look_at_host, _look_for_corruption, _look_at_backups):
        try:
            lines += look(server, facts)
        except CleoError as error:
            lines.append(f"not measured: {error.message}")
    return facts, lines


def _look_at_host(server: Server, facts: dict[str, Any]) -> list[str]:
    facts |= {"running": bool(postmaster(server)), "data_directory": describe_data(server)}
    process = "runs" if facts["running"] else "no process"
    return [f"process: {process}", f"data directory {server.data}: {facts['data_directory']}"]


def _look_for_corruption(server: Server, facts: dict[str, Any]) -> list[str]:
    """Read every row and check every structure. Nothing is installed: this only looks."""
    if not facts["running"]:
        return ["corruption: not measured, the server is down"]
    with proven(server, deadline_s=60) as session:
        facts |= measure(session, server.settings).facts()
    held = read_cluster(server, until_s=_READ_S, say=False)
    found, left_out = check_without_installing(server)
    facts["corrupt"] = [*held.damaged(), *found]
    compared = _compare(server, held)
    facts |= {name.replace(" ", "_"): number for name, number in compared.tally().items()}
    facts["lacking"] = [str(one) for one in compared.findings(server.name) if one.severity != "note"]
    read = sum(relation.read for _, relation in held.relations())
    lines = [f"corrupt: {line}" for line in facts["corrupt"]] or [
        f"corruption: none found, {count(read, 'relation')} of {count(len(held.databases), 'database')} read"
    ]
    lines += [f"against the newest backup: {line}" for line in facts["lacking"] if line not in facts["corrupt"]]
    return [*lines, f"structures not checked: {left_out}"] if left_out else lines


def _compare(server: Server, held: Cluster) -> Comparison:
    """Compare with the newest backup that has a manifest; where none has, nothing is missed."""
    manifest = None
    try:
        for backup in reversed(read_repository(server).backups):
            manifest = manifest or load_manifest(server, backup.label)
    except CleoError as error:
        server.ctx.log(f"{server.name}: nothing to compare with: {error.message}", "err")
    return Comparison(manifest, held, database=server.settings.database, exact=False, closer=lambda _, names: {})


def _look_at_backups(server: Server, facts: dict[str, Any]) -> list[str]:
    repository = read_repository(server)
    quick = quick_facts(server, repository)
    facts |= {"backups": quick["backups"], "findings": quick["findings"], "sets": quick.get("sets", {})}
    lines = [f"backup {b.label}: {b.type}, ended {b.stopped_at:%Y-%m-%d %H:%M:%S} UTC" for b in repository.backups[-5:]]
    lines += [f"backups: {finding}" for finding in quick["findings"]]
    if "archived_until" in quick:
        until = datetime.fromisoformat(quick["archived_until"])
        lines.append(f"last archived log: {quick['last_archived']}, last commit {until:%Y-%m-%d %H:%M:%S} UTC")
        lines.append(_estimate(server, facts, until))
    return lines


def _estimate(server: Server, facts: dict[str, Any], archived_until: datetime) -> str:
    """The loss of a restore: what was committed after the last archived segment, unless its log survived."""
    seen = server.ctx.incident.newest_known.get(server.name)
    last = newest_of(seen, Measured.of(facts).newest_commit_at)
    if last is None:
        return "estimated loss: not measured, nobody has seen the newest commit"
    lost = max(0.0, round((last - archived_until).total_seconds(), 1))
    facts["estimated_loss_s"] = lost
    survived = server.exists(f"{server.data}/pg_wal")
    words = "less, for the server's own log survived" if survived else "what was not archived is gone"
    seen_at = f"the newest commit known is of {last:%Y-%m-%d %H:%M:%S} UTC"
    return f"estimated loss if restored: {lost:.0f} s ({seen_at}; {words})"


def _summary(facts: dict[str, Any]) -> str:
    parts = []
    for name, found in facts.items():
        corrupt = len(found.get("corrupt", []))
        lacking = len([line for line in found.get("lacking", []) if line not in found.get("corrupt", [])])
        more = f", {corrupt} corrupt" if corrupt else ""
        more += f", {count(lacking, 'difference')} to the newest backup" if lacking else ""
        loss = f", about {found['estimated_loss_s']:.0f} s lost if restored" if "estimated_loss_s" in found else ""
        parts.append(
            f"{name} is {found['status']}, data directory {found.get('data_directory', 'not measured')}{more}{loss}"
        )
    return "; ".join(parts) + "." if parts else "The inventory has no systems."
