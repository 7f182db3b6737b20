"""In-depth examination of a MongoDB server: process, files, backups, and what the newest backup has and it lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from actions.context import ActionContext
from actions.examination import Examination
from actions.health import Health
from actions.outcome import Cure, Finding, Settling
from actions.systems.mongodb.backups.look import look_at_backups, loss_words
from actions.systems.mongodb.collection_check import present
from actions.systems.mongodb.data_files import NO_DATABASE, describe_data
from actions.systems.mongodb.dropped import find_drops
from actions.systems.mongodb.dump_layout import NOT_USERS
from actions.systems.mongodb.manifest import Manifest
from actions.systems.mongodb.restore_record import RestoreRecord, load_record
from actions.systems.mongodb.server import Server, server_of
from actions.systems.mongodb.verified_connection import connect_verified
from actions.systems.mongodb.wanted import newest_manifest
from journal.errors import CleoError
from journal.events.damage import DamageBegan
from journal.events.measured import Measured
from journal.incident.last_good import HELD_BY
from journal.wording.counting import count
from journal.wording.instants import utc

if TYPE_CHECKING:
    from pymongo import MongoClient

_LOOK_S = 300.0
"""Seconds for all collections of a damage report. mongodb.verify takes what it needs."""
_START, _RESTORE, _REBUILD = "mongodb.start", "mongodb.restore", "mongodb.rebuild_indexes"
_COMPARE = "Compare it with what people know of it."


def examine(ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
    """Look at a server (see `actions.examination.Examine`)."""
    server = server_of(ctx, system)
    facts: dict[str, Any] = Measured.of(health.facts).facts()
    lines: list[str] = []
    looks: list[Callable[[Server, dict[str, Any]], list[str]]] = [_look_at_host, _look_at_backups]
    for look in [*looks, _look_at_collections] if thorough else looks:
        try:
            lines += look(server, facts)
        except CleoError as error:
            lines.append(f"not measured: {error.message}")
            facts.setdefault("findings", []).append(error.message)
    return Examination(
        facts=facts,
        lines=lines,
        findings=_findings(server, facts),
        cures=_cures(server, facts),
        settles=_use_of_start(server, health, facts),
        summary=_summary(facts),
    )


def _look_at_host(server: Server, facts: dict[str, Any]) -> list[str]:
    facts |= {"running": server.process() is not None, "data_directory": describe_data(server)}
    process = "runs" if facts["running"] else "no process"
    return [f"process: {process}", f"data directory {server.data}: {facts['data_directory']}"]


def _look_at_backups(server: Server, facts: dict[str, Any]) -> list[str]:
    survived = facts.get("data_directory") not in (None, *NO_DATABASE)
    found, lines = look_at_backups(server, Measured.of(facts).newest_commit_at, survived=survived)
    facts |= found
    return lines


def _look_at_collections(server: Server, facts: dict[str, Any]) -> list[str]:
    """Compare with the newest backup. No document is read: a mongod that reads a damaged block ends itself."""
    if not facts.get("running"):
        return ["collections: not measured, the server is down"]
    manifest, label = newest_manifest(server)
    with connect_verified(server, deadline_s=_LOOK_S) as client:
        found = present(client)
        missing, emptied = _lacking(client, manifest, found)
        dropped = find_drops(client, missing, manifest.last) if manifest else []
    facts |= DamageBegan.facts(dropped)
    facts[HELD_BY] = label if missing else ""
    facts["lacking"] = [
        *(f"{name}: missing, backup {label} has {count(number, 'document')}" for name, number in missing.items()),
        *(f"{name}: empty, backup {label} has {count(number, 'document')}" for name, number in emptied.items()),
    ]
    lines = [f"against backup {label}: {line}" for line in facts["lacking"] or ["nothing is missing"]]
    lines += [f"at {utc(one.at)} {one}" for one in dropped]
    return lines if manifest else ["nothing to compare with: there is no full backup"]


def _lacking(
    client: MongoClient[dict[str, Any]], manifest: Manifest | None, found: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, int], dict[str, int]]:
    """Return what the newest backup has and the server has not, and what is empty now, with the backup's counts."""
    missing, emptied = dict[str, int](), dict[str, int]()
    for namespace, state in (manifest.collections if manifest else {}).items():
        database, _, name = namespace.partition(".")
        if database in (*NOT_USERS, "admin"):
            continue
        if namespace not in found:
            missing[namespace] = state.count
        elif state.kind == "collection" and state.count and not client[database][name].estimated_document_count():
            emptied[namespace] = state.count
    return missing, emptied


def _findings(server: Server, facts: Mapping[str, Any]) -> list[Finding]:
    """Return what a person must see to."""
    dropped = DamageBegan.all_of(facts)
    texts = [f"{line}." for line in facts.get("findings", [])]
    if facts.get("running") is False:
        texts.append("no process runs.")
    if facts.get("data_directory") in NO_DATABASE:
        texts.append(f"the data directory is {facts['data_directory']}.")
    found = [Finding(severity="warning", about=server.name, text=text) for text in texts]
    return found + [
        Finding(severity="warning", about=server.name, text=line, cure=_against_lacking(line, dropped))
        for line in facts.get("lacking", [])
    ]


def _against_lacking(line: str, dropped: list[DamageBegan]) -> str:
    if ": missing" in line and dropped:
        return f"If nobody dropped it on purpose: recover to just before {utc(dropped[0].at)}, when it was dropped."
    return _COMPARE


def _cures(server: Server, facts: Mapping[str, Any]) -> list[Cure]:
    """Return the smallest cure of a server that is not there."""
    if facts.get("running") is not False:
        return []
    record, data = _record(server), facts.get("data_directory", "")
    if record and record.state == "restoring":
        return [Cure(words=f"The restore of {server.name} from {record.backup} is half done.", action=_RESTORE)]
    if record and record.state == "restored":
        words = f"{server.name} is restored from {record.backup}, and was not started: its indexes are built by that."
        return [Cure(words=words, action=_REBUILD)]
    if not data or data in NO_DATABASE:
        return []
    return [Cure(words=f"{server.name} has no process, and its data directory is {data}: start it.", action=_START)]


def _use_of_start(server: Server, health: Health, facts: Mapping[str, Any]) -> list[Settling]:
    """Return whether a start (crash recovery) can be of use; nothing where the host could not be looked at."""
    if "data_directory" not in facts:
        return []
    running, data, record = facts["running"], facts["data_directory"], _record(server)
    if data in NO_DATABASE:
        words = f"its data directory is {data}"
        return [Settling(action=_START, use="impossible", words=f"it still runs, but {words}" if running else words)]
    if running and "state" in health.facts:
        words = f"{server.name} answers ({health.facts['state']})"
        return [Settling(action=_START, use="needless", words=words)]
    if not running and record and record.state in ("restoring", "restored"):
        return [Settling(action=_START, use="impossible", words="a restore of it is not at its end")]
    return [Settling(action=_START, use="open")]


def _record(server: Server) -> RestoreRecord | None:
    try:
        return load_record(server)
    except CleoError as error:
        server.ctx.log(f"{server.name}: whether it was restored is not known: {error.message}", "err")
        return None


def _summary(facts: Mapping[str, Any]) -> str:
    lacking, dropped = facts.get("lacking", []), DamageBegan.all_of(facts)
    words = [
        f"data directory {facts.get('data_directory', 'not measured')}",
        f"{count(len(lacking), 'difference')} to the newest backup" if lacking else "",
        f"dropped {utc(dropped[0].at)}" if dropped else "",
        loss_words(facts),
    ]
    return ", ".join(word for word in words if word)
