"""In-depth examination of one server: processes, files, backups, and, where time allows, every row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from actions.backups.listing import described, what_is_wrong
from actions.backups.measured import offsite_where_unlisted, restore_time_facts
from actions.context import ActionContext
from actions.examination import Examination
from actions.health import Health
from actions.systems.postgres.amcheck import check_without_installing
from actions.systems.postgres.backups.sets import backup_list
from actions.systems.postgres.cluster import Cluster, read_cluster
from actions.systems.postgres.comparison import Comparison
from actions.systems.postgres.cures import NO_DATABASE, standing_cures, use_of_start
from actions.systems.postgres.delayed import found_delayed
from actions.systems.postgres.dropped import find_drops
from actions.systems.postgres.heartbeat import measure
from actions.systems.postgres.manager.seen import manager_seen
from actions.systems.postgres.manifest import Manifest, load_manifest
from actions.systems.postgres.pgbackrest.command import read_repository
from actions.systems.postgres.process import describe_data, postmaster
from actions.systems.postgres.server import Server, server_of
from actions.systems.postgres.verified_connection import connect_verified
from journal.errors import CleoError
from journal.events.damage import DamageBegan
from journal.events.measured import Measured, newest_of
from journal.events.types import Cure, Finding
from journal.incident.backup_catalogue import BackupCatalogue
from journal.incident.last_good import HELD_BY
from journal.wording.counting import count
from journal.wording.durations import exact_duration
from journal.wording.instants import utc

_READ_S = 300.0
"""Seconds allowed for reading rows, so that a damage report is quick. postgres.verify reads all of them."""


def examine(ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
    """Look at a server (see `actions.examination.Examine`)."""
    server = server_of(ctx, system)
    found = _damage(server, health) if thorough else _in_depth(server, health)
    findings, cures, settles = found_delayed(server)
    found.findings, found.cures, found.settles = (
        [*found.findings, *findings],
        [*cures, *found.cures],
        [*found.settles, *settles],
    )
    return found


def _in_depth(server: Server, health: Health) -> Examination:
    """Look at one server from its host, and at its backups."""
    try:
        running, data = bool(postmaster(server)), describe_data(server)
        backups = backup_list(server, read_repository(server))
    except CleoError as error:
        return Examination(findings=[_warning(server.name, error.message)])
    settles = [use_of_start(server, health, running=running, data=data)]
    wrong = [] if running else ["no process runs."]
    if data in NO_DATABASE:
        wrong.append(f"the data directory is {data}.")
    number = described(backups)["backups"]
    managed, managers = manager_seen(server)
    return Examination(
        facts={"running": running, "data_directory": data, "backups": number},
        lines=[f"data directory {data}; {count(number, 'backup')}.", *managed],
        cures=standing_cures(server, running=running, data=data),
        settles=settles,
        findings=[
            *(_warning(server.name, text) for text in (*wrong, *(f"{one}." for one in what_is_wrong(backups)))),
            *managers,
        ],
    )


def _damage(server: Server, health: Health) -> Examination:
    """Return facts and lines on one server; what cannot be looked at is said, not left out."""
    facts: dict[str, Any] = {"status": health.status}
    lines = []
    for look in (_look_at_host, _look_for_corruption, _look_at_backups):
        try:
            lines += look(server, facts)
        except CleoError as error:
            lines.append(f"not measured: {error.message}")
    known, running, data = "running" in facts, facts.get("running", False), facts.get("data_directory", "")
    cures = standing_cures(server, running=running, data=data) if known else []
    settles = [use_of_start(server, health, running=running, data=data)] if known else []
    if facts.get("corrupt"):
        words = "Find out whether the page or the log holds the damage, before a recovery point is chosen."
        cures.append(Cure(words=words, action="postgres.verify"))
    managed, managers = manager_seen(server)
    lines += managed
    found = [*_findings(server.name, facts), *managers]
    return Examination(facts=facts, lines=lines, findings=found, cures=cures, settles=settles, summary=_summary(facts))


def _warning(system: str, text: str) -> Finding:
    return Finding(severity="warning", about=system, text=text)


def _findings(system: str, facts: dict[str, Any]) -> list[Finding]:
    """What is damaged is wrong until a verification proves otherwise; what the newest backup has besides is said."""
    cure = "Find out whether the page or the log holds it: postgres.verify; then choose the recovery point."
    corrupt, lacking = facts.get("corrupt", []), facts.get("lacking", [])
    found = [Finding(severity="wrong", about=system, text=line, cure=cure, system=system) for line in corrupt]
    return found + [
        Finding(severity="warning", about=system, text=line, cure=_against_lacking(line, DamageBegan.all_of(facts)))
        for line in lacking
        if line not in corrupt
    ]


def _against_lacking(line: str, dropped: list[DamageBegan]) -> str:
    """Return what to do about a difference to the newest backup."""
    if ": missing" in line and dropped:
        return f"If nobody dropped it on purpose: recover to just before {utc(dropped[0].at)}, when it was dropped."
    return "Compare it with what people know of it."


def _look_at_host(server: Server, facts: dict[str, Any]) -> list[str]:
    facts |= {"running": bool(postmaster(server)), "data_directory": describe_data(server)}
    process = "runs" if facts["running"] else "no process"
    return [f"process: {process}", f"data directory {server.data}: {facts['data_directory']}"]


def _look_for_corruption(server: Server, facts: dict[str, Any]) -> list[str]:
    """Read every row and check every structure. Nothing is installed: this only looks."""
    if not facts.get("running"):
        return [
            f"corruption: not measured, {'the server is down' if 'running' in facts else 'its host is not reached'}"
        ]
    with connect_verified(server, deadline_s=60) as session:
        facts |= measure(session, server.settings).facts()
    held = read_cluster(server, until_s=_READ_S, say=False)
    found, left_out = check_without_installing(server)
    facts["corrupt"] = [*held.damaged(), *found]
    manifest, compared = _compare(server, held)
    dropped = find_drops(server, manifest, compared)
    facts |= DamageBegan.facts(dropped)
    facts[HELD_BY] = manifest.label if manifest and compared.of("missing") else ""
    facts |= {name.replace(" ", "_"): number for name, number in compared.tally().items()}
    facts["lacking"] = [str(one) for one in compared.findings(server.name) if one.severity != "note"]
    read = sum(relation.read for _, relation in held.relations())
    lines = [f"corrupt: {line}" for line in facts["corrupt"]] or [
        f"corruption: none found, {count(read, 'relation')} of {count(len(held.databases), 'database')} read"
    ]
    lines += [f"against the newest backup: {line}" for line in facts["lacking"] if line not in facts["corrupt"]]
    lines += [f"at {utc(one.at)} {one}" for one in dropped]
    return [*lines, f"structures not checked: {left_out}"] if left_out else lines


def _compare(server: Server, held: Cluster) -> tuple[Manifest | None, Comparison]:
    """Compare with the newest backup that has a manifest; without one, nothing is reported as missing."""
    manifest = None
    try:
        for backup in reversed(read_repository(server).backups):
            manifest = manifest or load_manifest(server, backup.label)
    except CleoError as error:
        server.ctx.log(f"{server.name}: nothing to compare with: {error.message}", "err")
    database = server.settings.database
    return manifest, Comparison(manifest, held, database=database, exact=False, closer=lambda _, names: {})


def _look_at_backups(server: Server, facts: dict[str, Any]) -> list[str]:
    with offsite_where_unlisted(server.ctx, server.name, facts):
        repository = read_repository(server)
        listed = backup_list(server, repository)
    said, wrong = described(listed), [str(finding) for finding in what_is_wrong(listed)]
    facts |= {"backups": said["backups"], "findings": wrong}
    facts |= {name: said[name] for name in BackupCatalogue().facts() if name in said}
    facts |= restore_time_facts(server.ctx, server.name, listed.sets)
    lines = [f"backup {b.label}: {b.type}, ended {b.stopped_at:%Y-%m-%d %H:%M:%S} UTC" for b in repository.backups[-5:]]
    lines += [f"backups: {finding}" for finding in wrong]
    if until := listed.archived_until:
        lines.append(f"last archived log: {said['last_archived']}, last commit {until:%Y-%m-%d %H:%M:%S} UTC")
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
    return f"estimated loss if restored: {exact_duration(round(lost))} ({seen_at}; {words})"


def _summary(facts: dict[str, Any]) -> str:
    corrupt = len(facts.get("corrupt", []))
    lacking = len([line for line in facts.get("lacking", []) if line not in facts.get("corrupt", [])])
    more = f", {corrupt} corrupt" if corrupt else ""
    more += f", {count(lacking, 'difference')} to the newest backup" if lacking else ""
    dropped = DamageBegan.all_of(facts)
    more += f", dropped {utc(dropped[0].at)}" if dropped else ""
    lost = facts.get("estimated_loss_s")
    more += f", about {exact_duration(round(lost))} lost if restored" if lost is not None else ""
    return f"data directory {facts.get('data_directory', 'not measured')}{more}"
