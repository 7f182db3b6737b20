"""The append-only files that a disaster left: what they lead to, and what a repair would cut off, before it is cut."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import msgspec

from actions.gate import decide
from actions.machine.aside import kept_copies
from actions.machine.directories import size_words, used
from actions.machine.machine import Machine, last_words
from actions.outcome import ActionFailed, Cure, GateClosed
from actions.systems.redis.aof import AofCheck, AofPart, commands_in, parse_manifest, tail_is_torn
from actions.systems.redis.config_file import Wanted
from actions.systems.redis.rdb import read_rdb
from actions.systems.redis.restore_record import Source, keeper, place_of
from actions.systems.redis.server import Server
from journal.incident.recovery_point import RecoveryPoint
from journal.wording.counting import count

GATE = "aof-damage"
_CHECK_S = 3600.0
_TAIL = 4_000_000
"""Bytes of what would be cut off that are looked at for commands."""
_STAMPS = r"""grep -aoE '^#TS:[0-9]+' -- "$1" | sed -n '1p;$p'"""
_AFTER = r"""grep -aobE '^#TS:[0-9]+' -- "$1" | awk -F '[:]' -v t="$2" '$3 > t {print $1; exit}'"""
_SECOND = timedelta(seconds=1)


class Survivor(msgspec.Struct, frozen=True, kw_only=True):
    """Append-only files that can be loaded, and what is cut off before.

    Attributes:
        source: the files as a source of a restore.
        folder: where they lie; ``manifest``: the manifest's name in there.
        broken: the file that is cut in it; empty: none. ``good``: how many bytes of it stay.
        until: seconds since 1970: commands after this second are left out; 0: all are loaded.
    """

    source: Source
    folder: str
    manifest: str
    broken: str = ""
    good: int = 0
    until: int = 0


def find_folder(server: Server, wanted: Wanted) -> str:
    """Return where append-only files lie that the disaster left; empty: none survived.

    That is the first copy that this incident kept; where it kept none and the server is down, the data directory.
    """
    mine = [
        copy
        for copy in kept_copies(keeper(server), place_of(server))
        if copy.whole and copy.what == "original" and copy.incident == server.ctx.incident.id
    ]
    places = [copy.path for copy in mine[:1]] or ([] if server.process() else [server.data])
    folders = [f"{place}/{wanted.aof_folder}" for place in places]
    return next((folder for folder in folders if keeper(server).exists(folder)), "")


def examine(server: Server, wanted: Wanted, folder: str, point: RecoveryPoint) -> Survivor:
    """Read the files to their end, and say what would be lost; nothing is changed.

    Raises:
        ActionFailed: they cannot lead to the recovery point, or are damaged where no repair helps.
        GateClosed: they are damaged in the middle, and nobody decided to give up what follows.
    """
    machine, manifest = keeper(server), f"{wanted.aof_name}.manifest"
    parts = parse_manifest(machine.read(f"{folder}/{manifest}") or "")
    if not parts:
        raise ActionFailed(
            f"{folder} has no manifest that names its files: the server would start empty by it.",
            "Write one by hand if you know their order (file NAME seq N type b|i), or leave this step out.",
        )
    check = server.check_aof(machine, f"{folder}/{manifest}", parts, _CHECK_S)
    if not check.sound:
        _require_repairable(server, folder, check)
    until = _until(server, folder, parts, point)
    last = f"{folder}/{parts[-1].name}"
    source = Source(kind="aof", path=folder, at=_end(machine, last, until), size=used(machine, folder), cut=check.cut)
    broken = "" if check.sound else check.broken
    return Survivor(source=source, folder=folder, manifest=manifest, broken=broken, good=check.good, until=until)


def _require_repairable(server: Server, folder: str, check: AofCheck) -> None:
    """Say what a repair cuts off: a last command that a crash cut short is no loss of a whole one."""
    if not check.broken or not check.last:
        raise ActionFailed(
            f"{folder} is damaged in {check.broken or 'its manifest'}, and files follow it: no repair leads past that "
            f"({check.why}).",
            "Leave this step out: what was restored stays.",
        )
    machine, path = keeper(server), f"{folder}/{check.broken}"
    script = 'tail -c "+$2" -- "$1" | head -c "$3" | od -An -v -tx1'
    done = machine.query(["sh", "-c", script, "sh", path, str(check.good + 1), str(_TAIL)], timeout_s=120)
    tail = bytes.fromhex("".join(done.out.split()))
    where = f"{check.broken} can be read up to byte {check.good} of {check.size} ({check.why})"
    if tail_is_torn(tail):
        server.ctx.log(f"{where}: a repair cuts off {check.cut} bytes, a last command that was not written whole.")
        return
    lost = commands_in(tail)
    more = " at least" if check.cut > _TAIL else ""
    first = f", the first of them {'; '.join(lost[:3])}" if lost else ""
    words = f"{check.cut} bytes with{more} {count(len(lost), 'whole command')}{first}"
    closed = GateClosed(
        GATE,
        f"{where}: it is damaged in the middle, and a repair cuts off all that follows: {words}.",
        cures=[
            Cure(words="Leave this step out: what was restored stays as it is."),
            Cure(words="Or cut it there, on a copy.", override=GATE, cost=f"{size_words(check.cut)} of commands"),
        ],
    )
    decide(server.ctx, closed, f"What follows the damage is given up ({words})")


def _until(server: Server, folder: str, parts: list[AofPart], point: RecoveryPoint) -> int:
    """Return the last second whose commands are before the recovery point; 0: all of them are.

    Raises:
        ActionFailed: they go on behind it, and carry no time stamps to cut them by.
    """
    if not point.instant:
        return 0
    machine, last = keeper(server), f"{folder}/{parts[-1].name}"
    written = float(machine.query(["stat", "-Lc", "%.6Y", "--", last]).out.strip() or "inf")
    stamps = machine.query(["sh", "-c", _STAMPS, "sh", last], timeout_s=120).out.split()
    if not stamps and written < point.instant.timestamp():
        return 0
    if not stamps:
        raise ActionFailed(
            f"{folder} goes on behind the recovery point ({point}), and has no time stamps to cut it there.",
            "Leave this step out. From now on: aof-timestamp-enabled yes.",
        )
    base = parts[0]
    found = read_rdb(machine, server.program("redis-check-rdb"), f"{folder}/{base.name}") if base.type == "b" else None
    if found and (found.made_at is None or found.made_at + _SECOND > point.instant):
        raise ActionFailed(f"{folder} begins after the recovery point: it was rewritten at {found.made_at}.")
    until = math.ceil(point.instant.timestamp()) - 1
    if int(stamps[-1].removeprefix("#TS:")) <= until:
        return 0
    if int(stamps[0].removeprefix("#TS:")) > until and len(parts) > 2:
        raise ActionFailed(f"The recovery point lies in a file of {folder} before the last: it cannot be cut there.")
    _say_what_is_left_out(server, last, until)
    return until


def _say_what_is_left_out(server: Server, path: str, until: int) -> None:
    machine = keeper(server)
    offset = machine.query(["sh", "-c", _AFTER, "sh", path, str(until)], timeout_s=120).out.strip()
    size = machine.query(["stat", "-Lc", "%s", "--", path]).out.strip()
    if offset.isdigit() and size.isdigit():
        at = datetime.fromtimestamp(until, UTC)
        server.ctx.log(f"Left out, after {at:%Y-%m-%d %H:%M:%S} UTC: {int(size) - int(offset)} bytes of commands.")


def _end(machine: Machine, path: str, until: int) -> datetime | None:
    """Return the instant that the files lead to."""
    if until:
        return datetime.fromtimestamp(until, UTC) + _SECOND
    written = machine.query(["stat", "-Lc", "%.6Y", "--", path]).out.strip()
    return datetime.fromtimestamp(float(written), UTC) if written else None


def repair(server: Server, survivor: Survivor, folder: str) -> None:
    """Cut a copy of the files as was said. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: it could not be cut, or is not sound then.
    """
    check, manifest = server.program("redis-check-aof"), f"{folder}/{survivor.manifest}"
    parts = parse_manifest(keeper(server).read(manifest) or "")
    if survivor.broken:
        _run(server, "cut", ["truncate", "-s", str(survivor.good), "--", f"{folder}/{survivor.broken}"])
    if survivor.until:
        script = 'yes | "$1" --truncate-to-timestamp "$2" "$3"'
        _run(server, "cut-time", ["sh", "-c", script, "sh", check, str(survivor.until), f"{folder}/{parts[-1].name}"])
    found = server.check_aof(server, manifest, parts, _CHECK_S)
    if not found.sound:
        raise ActionFailed(f"{folder} is not sound after it was cut: {found.why}", "Restore again.")


def _run(server: Server, key: str, argv: list[str]) -> None:
    done = server.run(key, argv, timeout_s=_CHECK_S)
    if done.code != 0:
        raise ActionFailed(f"The append-only file could not be cut: {last_words(done)}", "Restore again.")
