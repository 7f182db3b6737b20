"""What a restore can be taken from: backups, and the RDB file and append-only file that the disaster left.

The newest sound one that does not lie behind the recovery point is taken; of each, it is said what it shows and loses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from actions.backups.repository.checking import check_backup
from actions.backups.repository.entry import Entry
from actions.backups.repository.place import Place
from actions.machine.directories import used
from actions.outcome import ActionFailed, Cure
from actions.recovery_point import label_of
from actions.systems.redis.aof import parse_manifest, tail_is_torn
from actions.systems.redis.backups.order import AOF_FOLDER, RDB_FILE
from actions.systems.redis.config_file import Wanted
from actions.systems.redis.product import REDIS
from actions.systems.redis.rdb import Keys, read_rdb
from actions.systems.redis.restore_record import Source, keeper
from actions.systems.redis.server import Server
from journal.incident.recovery_point import RecoveryPoint
from journal.structs import to_struct

_HOURS_S = 12 * 3600.0
_CHECK_S = 3600.0
_SECOND = timedelta(seconds=1)
_TAIL = 1_000_000
"""Bytes at the broken end of an append-only file that are looked at."""
_LAST_STAMP = r"""tail -c 4000000 -- "$1" | grep -aoE '^#TS:[0-9]+' | tail -n 1; stat -Lc %.6Y -- "$1" """


class PassedOver(msgspec.Struct, frozen=True):
    """A source that is not taken, and why: to be read after its name."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The sources that can be restored from, the newest first, and those that cannot.

    ``last_write`` is when the last command was added to the append-only file that survived, sound or not: what is
    missing of it after a restore was lost. An RDB file tells when it was saved, not when somebody wrote.
    """

    sources: Sequence[Source]
    passed_over: Sequence[PassedOver]
    last_write: datetime | None = None


def find_sources(server: Server, place: Place, wanted: Wanted, kept: str = "") -> Found:
    """Look at every source. Nothing is changed; the backups' files are not read yet, those that survived are.

    Args:
        server: the server, which is down.
        place: its repository.
        wanted: what its configuration says.
        kept: the folder that an unfinished restore moved the old data to; empty: it lies where it was.
    """
    found: list[Source] = []
    passed: list[PassedOver] = []
    for stored in place.listing().stored:
        if stored.wrong:
            passed.append(PassedOver(f"backup {stored.entry.id}", stored.wrong))
        else:
            found.append(source_of_backup(stored.entry, f"{place.folder}/{stored.entry.id}"))
    folder = kept or server.data
    for look in (_local_rdb, _local_aof):
        try:
            survived = look(server, folder, wanted)
        except ActionFailed as error:
            passed.append(PassedOver("what the disaster left", error.message))
        else:
            found += [survived] if survived else []
    if not wanted.appendonly and any(one.kind == "aof" for one in found):
        why = "the server is configured without one (appendonly no): it may be from long ago"
        passed += [PassedOver(str(one), why) for one in found if one.kind == "aof"]
        found = [one for one in found if one.kind != "aof"]
    return Found(
        sources=sorted(found, key=_at, reverse=True),
        passed_over=passed,
        last_write=_last_command(server, folder, wanted),
    )


def _last_command(server: Server, folder: str, wanted: Wanted) -> datetime | None:
    """Return when the last command was added to the append-only file that survived; None: there is none."""
    path = f"{folder}/{wanted.aof_folder}"
    parts = parse_manifest(keeper(server).read(f"{path}/{wanted.aof_name}.manifest") or "")
    return _last_written(server, f"{path}/{parts[-1].name}") if parts else None


def _at(source: Source) -> tuple[datetime, bool]:
    """Return what to sort by: of one second, the append-only file is the newer one, since it goes on."""
    return source.at or datetime.min.replace(tzinfo=UTC), source.kind == "aof"


def source_of_backup(entry: Entry, folder: str) -> Source:
    """Return a backup as a source; ``folder`` is where it lies."""
    facts = entry.facts
    return Source(
        kind="rdb" if entry.kind == "full" else "aof",
        path=f"{folder}/{RDB_FILE if entry.kind == 'full' else AOF_FOLDER}",
        at=entry.consistent_at,
        until=entry.consistent_at,
        label=entry.id,
        sha256={file.name: file.sha256 for file in entry.files},
        keys=facts.get("keys"),
        databases=_databases(facts.get("databases", {})),
        memory=int(facts.get("used_memory") or facts.get("memory") or 0),
        size=sum(file.size for file in entry.files if file.name.startswith((RDB_FILE, AOF_FOLDER))),
        newest_write=_instant(facts.get("newest_write")),
        product=str(entry.server.get("product", REDIS)),
        version=str(entry.server.get("version", "")),
        server=entry.server,
    )


def _databases(said: Mapping[str, Any]) -> dict[str, Keys]:
    return {name: to_struct(counts, Keys) for name, counts in said.items()}


def _instant(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _local_rdb(server: Server, folder: str, wanted: Wanted) -> Source | None:
    """Return the RDB file that survived; None where there is none.

    Raises:
        DamagedRdb: it is not sound.
    """
    path = f"{folder}/{wanted.rdb_name}"
    if not keeper(server).exists(path):
        return None
    server.ctx.log(f"Reading {path}, which survived.")
    found = read_rdb(keeper(server), server.program("redis-check-rdb"), path)
    return Source(
        kind="rdb",
        path=path,
        at=found.made_at,
        until=found.made_at + _SECOND if found.made_at else None,
        keys=found.keys,
        expired=found.expired,
        databases=found.databases,
        memory=found.memory,
        size=found.size,
        product=found.product,
        version=found.version,
    )


def _local_aof(server: Server, folder: str, wanted: Wanted) -> Source | None:
    """Return the append-only directory that survived; None where there is none.

    Raises:
        ActionFailed: it is damaged, beyond a last command that a crash cut off.
    """
    path = f"{folder}/{wanted.aof_folder}"
    manifest = f"{path}/{wanted.aof_name}.manifest"
    if not keeper(server).exists(path):
        return None
    text = keeper(server).read(manifest)
    parts = parse_manifest(text or "")
    if not parts:
        raise ActionFailed(f"{path} has no manifest that names its files: the server would start empty by it.")
    server.ctx.log(f"Reading {path}, which survived.")
    check = server.check_aof(keeper(server), manifest, parts, _CHECK_S)
    if not check.sound and not (check.last and _torn(server, f"{path}/{check.broken}", check.good)):
        raise ActionFailed(
            f"{path} is damaged ({check.broken or 'its manifest'}: {check.why}); "
            "redis.reload_aof says what a repair would cut off"
        )
    at = _last_written(server, f"{path}/{parts[-1].name}")
    return Source(
        kind="aof",
        path=path,
        at=at,
        until=at + _SECOND if at else None,
        size=used(keeper(server), path),
        cut=check.cut,
    )


def _torn(server: Server, path: str, good: int) -> bool:
    """Whether behind what can be read there is only the beginning of one command."""
    script = 'tail -c "+$2" -- "$1" | head -c "$3" | od -An -v -tx1'
    done = keeper(server).query(["sh", "-c", script, "sh", path, str(good + 1), str(_TAIL)])
    return tail_is_torn(bytes.fromhex("".join(done.out.split())))


def _last_written(server: Server, path: str) -> datetime | None:
    """Return when the last command was added: by its own time stamp (whole seconds), else by the file's.

    The file's is the more exact one, and counts where the two agree: it is wrong where somebody copied the file.
    """
    *stamps, written = keeper(server).query(["sh", "-c", _LAST_STAMP, "sh", path], timeout_s=120).out.split() or [""]
    try:
        of_file = float(written)
    except ValueError:
        return None
    stamp = float(stamps[0].removeprefix("#TS:")) if stamps else of_file
    return datetime.fromtimestamp(of_file if stamp <= of_file < stamp + 2 else stamp, UTC)


def choose(
    server: Server, place: Place, found: Found, point: RecoveryPoint, named: str
) -> tuple[Source, list[PassedOver]]:
    """Return the newest source that leads to the recovery point, after reading all of it.

    Args:
        server: the server.
        place: its repository.
        found: what there is.
        point: the recovery point of this system.
        named: a backup that a person named; empty: any.

    Raises:
        ActionFailed: none does.
    """
    fits = _fits(point, named or label_of(point))
    passed = list(found.passed_over)
    for source in found.sources:
        why = fits(source) or _unsound(server, place, source)
        if not why:
            _say(server, source, found, passed)
            return source, passed
        passed.append(PassedOver(str(source), why))
    for line in passed:
        server.ctx.log(f"Not taken: {line}", "err")
    why = "; ".join(str(line) for line in passed[:3]) or "there is no backup, and nothing survived"
    raise ActionFailed(
        f"Nothing leads {server.name} to {point}: {why}.",
        cures=[
            Cure(words="Look which backups there are, and of when.", action="backups.verify"),
            Cure(words="Or decide on another recovery point.", decision="recovery_point"),
        ],
    )


def _fits(point: RecoveryPoint, named: str) -> Callable[[Source], str]:
    """Return what tells why a source does not lead to the recovery point; empty: it does."""

    def why(source: Source) -> str:
        if named:
            return "" if source.label == named else f"it is not backup {named}"
        if point.instant and source.until is None:
            return "it does not say what instant it shows"
        if point.instant and source.until and source.until > point.instant:
            return f"it is of {source.until:%Y-%m-%d %H:%M:%S} UTC, after the recovery point"
        return ""

    return why


def _unsound(server: Server, place: Place, source: Source) -> str:
    """Read every file of a backup; return what is wrong with it. What survived was read before."""
    if not source.label:
        return ""
    if not server.ctx.effect(f"read every file of backup {source.label}, and compare it with its entry"):
        return ""
    damaged = check_backup(place, source.label, timeout_s=_HOURS_S)
    return "; ".join(f"{one.name}: {one.why}" for one in damaged)


def _say(server: Server, taken: Source, found: Found, passed: Sequence[PassedOver]) -> None:
    """Say of the source that is taken, and of every other, what it shows and what is lost with it."""
    say = server.ctx.log
    for line in passed:
        say(f"Not taken: {line}", "err")
    newest = max((one.at for one in found.sources if one.at), default=None)
    for one in found.sources:
        at = f"{one.at:%Y-%m-%d %H:%M:%S} UTC" if one.at else "an unknown instant"
        behind = f", {(newest - one.at).total_seconds():.0f} s before the newest there is" if newest and one.at else ""
        keys = f", {one.keys} keys" if one.keys is not None else ""
        cut = f", {one.cut} bytes of a last, unfinished command are cut off" if one.cut else ""
        say(f"{'Taken' if one is taken else 'Found'}: {one}, of {at}{behind}{keys}{cut}.")
