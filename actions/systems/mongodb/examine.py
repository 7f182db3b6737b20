"""In-depth examination of a MongoDB server: process, files, backups, and what the newest backup has and it lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from actions.backups.measured import offsite_where_unlisted
from actions.context import ActionContext
from actions.examination import Examination
from actions.health import Health
from actions.machine.shutdown import nothing_to_stop
from actions.outcome import Cure, Finding, Settling
from actions.systems.mongodb.backups.look import look_at_backups, loss_words
from actions.systems.mongodb.causes import RESTORE
from actions.systems.mongodb.collection_check import present
from actions.systems.mongodb.damage import damage_cure, damage_facts, damage_found, damage_in_log
from actions.systems.mongodb.data_files import NO_DATABASE, describe_data
from actions.systems.mongodb.dropped import find_dropped_indexes, find_drops
from actions.systems.mongodb.dump_layout import NOT_USERS, DumpedCollection
from actions.systems.mongodb.index_comparison import Compared, compare_indexes
from actions.systems.mongodb.manifest import Manifest
from actions.systems.mongodb.restore_record import RestoreRecord, load_record
from actions.systems.mongodb.server import Server, server_of
from actions.systems.mongodb.verified_connection import connect_verified
from actions.systems.mongodb.wanted import definitions_of, indexes_of, newest_manifest
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
_QUICK_S = 5.0
"""Seconds for the same in a health check."""
_LOST_SHARE = 0.5
"""A collection with less than that of the documents which the backup has counts as damaged."""
_START, _STOP, _REBUILD = "mongodb.start", "mongodb.stop", "mongodb.rebuild_indexes"
_COMPARE = "Compare it with what people know of it."


def examine(ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
    """Look at a server (see `actions.examination.Examine`)."""
    server = server_of(ctx, system)
    facts: dict[str, Any] = Measured.of(health.facts).facts()
    lines: list[str] = []
    looks: list[Callable[[Server, dict[str, Any]], list[str]]] = [_look_at_host, _look_at_backups]
    if "state" in health.facts:  # it answered just now: one that hangs is not waited for again
        looks.append(lambda server, facts: _look_at_collections(server, facts, _LOOK_S if thorough else _QUICK_S))
    for look in looks:
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
        settles=[*_use_of_start(server, health, facts), *_use_of_stop(facts)],
        summary=_summary(facts),
    )


def _look_at_host(server: Server, facts: dict[str, Any]) -> list[str]:
    facts |= {"running": server.process() is not None, "data_directory": describe_data(server)}
    process = "runs" if facts["running"] else "no process"
    lines = [f"process: {process}", f"data directory {server.data}: {facts['data_directory']}"]
    if not facts["running"] and (damage := damage_in_log(server)):
        facts |= {"ended_over": damage, **damage_facts([damage])}
        lines.append(f"its log: {damage}")
    return lines


def _look_at_backups(server: Server, facts: dict[str, Any]) -> list[str]:
    if server.settings.standby_of:
        return [f"backups: those of {server.settings.standby_of}, which it follows"]
    survived = facts.get("data_directory") not in (None, *NO_DATABASE)
    with offsite_where_unlisted(server.ctx, server.name, facts):
        found, lines = look_at_backups(server, Measured.of(facts).newest_commit_at, survived=survived)
    facts |= found
    return lines


def _look_at_collections(server: Server, facts: dict[str, Any], within_s: float) -> list[str]:
    """Compare with the newest backup. No document is read: a mongod that reads a damaged block ends itself."""
    manifest, label = newest_manifest(server)
    if manifest is None:
        return ["nothing to compare with: there is no full backup"]
    with connect_verified(server, deadline_s=within_s) as client:
        found = present(client)
        missing, emptied = _lacking(client, manifest, found)
        indexes = compare_indexes(client, indexes_of(manifest))
        dropped = find_drops(client, missing, manifest.last)
        dropped += find_dropped_indexes(client, indexes.names, manifest.last)
    dropped.sort(key=lambda one: one.at)
    facts |= DamageBegan.facts(dropped)
    facts["indexes_lacking"] = _index_lines(indexes)
    facts[HELD_BY] = label if missing else ""
    facts["lacking"] = [
        *(f"{name}: missing, backup {label} has {count(number, 'document')}" for name, number in missing.items()),
        *(f"{name}: {now}, backup {label} has {count(held, 'document')}" for name, (now, held) in emptied.items()),
    ]
    differences = [*facts["lacking"], *facts["indexes_lacking"]] or ["nothing is missing"]
    lines = [f"against backup {label}: {line}" for line in differences]
    return lines + [f"at {utc(one.at)} {one}" for one in dropped]


def _index_lines(indexes: Compared) -> list[str]:
    missing = [f"{name}: an index that is missing" for name in indexes.names]
    differing = [
        f"{name} {index}: an index that is another" for name, all_ in indexes.differing.items() for index in all_
    ]
    return missing + differing


def _lacking(
    client: MongoClient[dict[str, Any]], manifest: Manifest, found: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, int], dict[str, tuple[str, int]]]:
    """Return what the newest backup has and the server has not, with the backup's counts.

    Of what lost most of its documents, also what is left, in words: not where documents go by themselves.
    """
    missing, emptied = dict[str, int](), dict[str, tuple[str, int]]()
    expiring = {name for name, one in definitions_of(manifest).items() if _expires(one)}
    for namespace, state in manifest.collections.items():
        database, _, name = namespace.partition(".")
        if database in (*NOT_USERS, "admin"):
            continue
        if namespace not in found:
            missing[namespace] = state.count
        elif state.kind == "collection" and state.count:
            left = client[database][name].estimated_document_count()
            if left < (1 if namespace in expiring else _LOST_SHARE * state.count):
                emptied[namespace] = (count(left, "document") if left else "empty", state.count)
    return missing, emptied


def _expires(one: DumpedCollection) -> bool:
    return one.capped or any("expireAfterSeconds" in index for index in one.indexes)


def _findings(server: Server, facts: Mapping[str, Any]) -> list[Finding]:
    """Return what a person must see to."""
    dropped, rebuild = DamageBegan.all_of(facts), "Build it again (mongodb.rebuild_indexes)."
    texts = [f"{line}." for line in facts.get("findings", [])]
    pairs = [(text, "") for text in texts]
    pairs += [(line, _against_lacking(line, dropped)) for line in facts.get("lacking", [])]
    pairs += [(line, rebuild) for line in facts.get("indexes_lacking", [])]
    warnings = [Finding(severity="warning", about=server.name, text=text, cure=cure) for text, cure in pairs]
    return [*_of_host(server, facts), *warnings]


def _of_host(server: Server, facts: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong with its process and its files."""
    running, data, damage = facts.get("running"), facts.get("data_directory"), facts.get("ended_over")
    if damage and data not in NO_DATABASE:
        return [damage_found(server, damage)]
    if running and data in NO_DATABASE:
        return [_wrong(server, f"it still runs, and its data directory is {data}", "Stop it, then restore.")]
    texts = ["no process runs."] if running is False else []
    texts += [f"the data directory is {data}."] if data in NO_DATABASE else []
    return [Finding(severity="warning", about=server.name, text=text) for text in texts]


def _wrong(server: Server, text: str, cure: str) -> Finding:
    return Finding(severity="wrong", about=server.name, text=text, cure=cure, system=server.name)


def _against_lacking(line: str, dropped: list[DamageBegan]) -> str:
    """Return what helps: where the oplog has one command for several collections, its words name the first alone."""
    drops = [one for one in dropped if not one.text.startswith("the index")]
    mine = [one for one in drops if line.partition(":")[0] in one.text] or drops
    if ": missing" in line and mine:
        return f"If nobody dropped it on purpose: recover to just before {utc(mine[0].at)}, when it was dropped."
    return _COMPARE


def _cures(server: Server, facts: Mapping[str, Any]) -> list[Cure]:
    """Return the smallest cure of a server that is not there, or not whole."""
    if facts.get("running") is not False:
        return _of_a_running_one(facts)
    record, data = _record(server), facts.get("data_directory", "")
    if record and record.state == "restoring":
        return [Cure(words=f"The restore of {server.name} from {record.backup} is half done.", action=RESTORE)]
    if record and record.state == "restored":
        words = f"{server.name} is restored from {record.backup}, and was not started: its indexes are built by that."
        return [Cure(words=words, action=_REBUILD)]
    if not data or data in NO_DATABASE:
        return []
    if facts.get("ended_over"):
        return [damage_cure(server)]
    return [Cure(words=f"{server.name} has no process, and its data directory is {data}: start it.", action=_START)]


def _of_a_running_one(facts: Mapping[str, Any]) -> list[Cure]:
    if facts.get("data_directory") in NO_DATABASE:
        words = "It cannot live on without its data directory: stop it, then restore."
        return [Cure(words=words, action=_STOP, params={"immediate": True}, cost="open sessions end")]
    if number := len(facts.get("indexes_lacking", [])):
        which = count(number, "index is", "indexes are")
        return [Cure(words=f"{which} not as the newest backup has it: build what is missing.", action=_REBUILD)]
    return []


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
    if not running and (damage := facts.get("ended_over")):
        return [Settling(action=_START, use="impossible", words=f"it ended over damaged data ({damage})")]
    return [Settling(action=_START, use="open")]


def _use_of_stop(facts: Mapping[str, Any]) -> list[Settling]:
    """Return that there is nothing to stop, where that was seen; a start of ours says that there is again."""
    return [nothing_to_stop("mongodb.stop")] if facts.get("running") is False else []


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
