"""In-depth examination of one Redis server: processes, files, backups, and, where time allows, every byte on disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from actions.backups.measured import offsite_where_unlisted, restore_time_facts
from actions.backups.repository.engine import sets_of
from actions.backups.repository.entry import Entry
from actions.backups.repository.place import Place, newest_of
from actions.context import ActionContext
from actions.examination import Examination
from actions.health import Health
from actions.machine.machine import Machine
from actions.machine.shutdown import nothing_to_stop
from actions.outcome import Cure, Finding, Settling
from actions.systems.redis.backups.order import RDB_FILE
from actions.systems.redis.backups.place import place_of_backups
from actions.systems.redis.configuration import Configuration, read_configuration
from actions.systems.redis.disk_check import Checked, check_append_only, check_dump
from actions.systems.redis.files import DataFiles, Loaded, look_at_files, what_loads
from actions.systems.redis.flushed import find_flushes
from actions.systems.redis.launch import RESTORE
from actions.systems.redis.rdb import read_rdb
from actions.systems.redis.restore_record import our_record
from actions.systems.redis.server import Server, server_of
from journal.errors import CleoError
from journal.events.damage import DamageBegan
from journal.events.types import Finding as FindingEvent
from journal.wording.counting import count

START = "redis.start"


class _Seen(msgspec.Struct, kw_only=True):
    """What was seen of a server, as far as it could be."""

    running: bool
    conf: Configuration
    files: DataFiles
    loaded: Loaded
    half_restored: bool
    dump: Checked | None = None
    append_only: Checked | None = None

    def broken(self) -> str:
        """Return why a start cannot be of use, in words; empty: it can."""
        if self.half_restored:
            return "a restore of it is half done"
        if self.loaded.why_not:
            return self.loaded.why_not
        source = {"append-only files": self.append_only, "RDB file": self.dump}.get(self.loaded.source)
        return source.words if source and source.state == "damaged" else ""


def examine(ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
    """Look at a server (see `actions.examination.Examine`)."""
    server = server_of(ctx, system)
    try:
        seen = _look(server, thorough=thorough)
    except CleoError as error:
        return Examination(findings=[_finding(server, "warning", f"it was not looked at: {error.message}")])
    facts: dict[str, Any] = {"running": seen.running, "data_directory": seen.files.words()}
    lines = [
        f"process: {'runs' if seen.running else 'no process'}",
        f"data directory {server.data}: {seen.files.words()}",
    ]
    lines += [each.words for each in (seen.dump, seen.append_only) if each]
    found = _on_disk(server, seen)
    if damage := [one.text for one in found if one.severity == "wrong"]:
        facts["corrupt"] = damage
    backup_lines, backup_findings = _backups(server, health.facts, facts, thorough=thorough)
    if thorough and (flushes := find_flushes(server, seen.files) if "lacking" in facts else []):
        facts |= DamageBegan.facts(flushes)
        backup_lines += [f"{one}" for one in flushes]
    return Examination(
        facts=facts,
        lines=[*lines, *backup_lines],
        findings=[*found, *backup_findings],
        cures=_cures(seen),
        settles=[_use_of_start(server, health, seen), *([] if seen.running else [nothing_to_stop("redis.stop")])],
        summary=_summary(seen),
    )


def _look(server: Server, *, thorough: bool) -> _Seen:
    conf = read_configuration(server)
    files = look_at_files(server, conf)
    record, running = our_record(server), bool(server.process())
    seen = _Seen(
        running=running,
        conf=conf,
        files=files,
        loaded=what_loads(conf, files),
        half_restored=bool(record and record.state != "recovered"),
    )
    if thorough:
        seen.dump = check_dump(server, files)
        seen.append_only = check_append_only(server, conf, files, running=running)
    return seen


def _on_disk(server: Server, seen: _Seen) -> list[FindingEvent]:
    """Return what is wrong with the files: proven where a start would load them, a warning where it would not."""
    found = [] if seen.running else [_finding(server, "warning", "no process runs")]
    if seen.running and seen.loaded.why_not:
        text = f"it runs, and a start would be its end: {seen.loaded.why_not}"
        found.append(_finding(server, "warning", text, "Take a backup now, before anything stops it."))
    if seen.loaded.stale:
        found.append(_finding(server, "warning", seen.loaded.stale, "Find out which of them is to be restored from."))
    for checked, source in ((seen.dump, "RDB file"), (seen.append_only, "append-only files")):
        if checked and checked.state == "damaged":
            counts = not seen.running and seen.loaded.source == source
            found.append(
                _finding(server, "wrong" if counts else "warning", checked.words, _against_damage(seen, source))
            )
    return found


def _against_damage(seen: _Seen, source: str) -> str:
    if seen.running:
        return f"Its data is whole in memory: have it write the {source} anew (BGSAVE, BGREWRITEAOF), before it stops."
    if seen.loaded.source == source:
        return "Restore it; what is damaged is kept."
    return f"A start loads the {seen.loaded.source} instead."


def _backups(
    server: Server, health: Mapping[str, Any], facts: dict[str, Any], *, thorough: bool
) -> tuple[list[str], list[FindingEvent]]:
    """Return lines and findings on the backups, and on what the newest of them holds and the server does not."""
    if server.settings.standby_of:
        return [f"backups: those of {server.settings.standby_of}, which it follows"], []
    place = place_of_backups(server.ctx, server.name)
    try:
        with offsite_where_unlisted(server.ctx, server.name, facts):
            listing = place.listing()
    except CleoError as error:
        return [f"backups: not measured: {error.message}"], []
    facts["backups"] = len(listing.stored)
    facts |= restore_time_facts(server.ctx, server.name, sets_of(listing.stored))
    found = [
        _finding(server, "warning", f"backup {one.entry.id} {one.wrong}", "Verify the backups (backups.verify).")
        for one in listing.stored
        if one.wrong
    ]
    newest = newest_of(listing.stored)
    if newest is None:
        return ["backups: none"], [*found, _finding(server, "warning", "there is no usable backup")]
    lacking = _lacking(newest.entry, health)
    lacking += _fewer(server, place, newest.entry, health) if thorough else []
    cure = "Was that on purpose? Else choose a recovery point before it, and restore: an append-only file has it, too."
    found += [_finding(server, "warning", text, cure) for text in lacking]
    if lacking:
        facts |= {"lacking": lacking, "held_by": newest.entry.id}
    keys = newest.entry.facts.get("keys")
    held = f", {count(int(keys), 'key')}" if keys is not None else ""
    return [f"newest backup: {newest.entry.id}{held}", *lacking], found


def _lacking(entry: Entry, health: Mapping[str, Any]) -> list[str]:
    """Return the databases that lost most of the keys which never expire, against the newest backup.

    Keys with a time to live go by themselves, so that their number proves nothing.
    """
    held, now = entry.facts.get("databases") or {}, health.get("keyspace")
    if not isinstance(held, Mapping) or not isinstance(now, Mapping):
        return []
    lines = []
    for name, counts in held.items():
        keys = int(counts["keys"])
        left = int(now.get(str(name).removeprefix("db"), 0))
        lasting = keys - int(counts["expires"])
        if keys and (left == 0 or left < lasting / 2):
            lines.append(f"{name}: {count(left, 'key')} now, {keys:,} in backup {entry.id}")
    return lines


def _fewer(server: Server, place: Place, entry: Entry, health: Mapping[str, Any]) -> list[str]:
    """Return that there are far fewer keys than the newest backup holds, less those whose time has passed by now."""
    if (
        "keys" not in health
        or RDB_FILE not in [file.name for file in entry.files]
        or place.host != server.host
        or place.in_bucket
    ):
        return []
    machine = Machine(server.ctx, place.host, place.settings.run_as)
    try:
        held = read_rdb(machine, server.program("redis-check-rdb"), f"{place.folder}/{entry.id}/{RDB_FILE}")
    except CleoError as error:
        return [f"backup {entry.id} cannot be compared with: {error.message}"]
    left, expected = int(health["keys"]), held.keys - held.expired
    if left >= expected / 2:
        return []
    return [f"{count(left, 'key')} now, {expected:,} in backup {entry.id} that have not expired"]


def _cures(seen: _Seen) -> list[Cure]:
    if seen.running:
        return []
    if why := seen.broken():
        cost = "what was written since the backup"
        return [Cure(words=f"Restore it: {why}.", action=RESTORE, cost=cost)]
    return [Cure(words=f"It has no process, and a start loads its {seen.loaded.source}.", action=START)]


def _use_of_start(server: Server, health: Health, seen: _Seen) -> Settling:
    if seen.running and "role" in health.facts:
        return Settling(action=START, use="needless", words=f"{server.name} answers ({health.facts['role']})")
    if not seen.running and (why := seen.broken()):
        return Settling(action=START, use="impossible", words=why)
    return Settling(action=START, use="open")


def _summary(seen: _Seen) -> str:
    wrong = [each.words for each in (seen.dump, seen.append_only) if each and each.state == "damaged"]
    return "; ".join(wrong) or ("" if seen.running else seen.files.words())


def _finding(server: Server, severity: Any, text: str, cure: str = "") -> FindingEvent:
    system = server.name if severity == "wrong" else ""
    return Finding(severity=severity, about=server.name, text=text, cure=cure, system=system)
