"""Stores one backup of Redis in the repository: ``python -m …redis.backups.store ORDER``, on the server's own host.

It needs no connection to the server and no secret: the RDB file was written by the server, the append-only directory
is copied while the server goes on. It prints a JSON object a line: ``{"read": BYTES, "of": BYTES}``, and at last
``{"id": ID}``. What is not sound becomes no backup: exit status 1, with the reason on standard error.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from actions.backups.repository.writing import Staged, staged
from actions.systems.redis.aof import parse_aof_check, parse_manifest
from actions.systems.redis.backups.order import AOF_FOLDER, RDB_FILE, StoreOrder
from actions.systems.redis.rdb import HEAD, RdbFile, facts_of, parse_check, why_unsound
from journal.errors import CleoError

_PIECE = 1 << 20
_TRIES = 20
"""How often the append-only directory is copied anew because a rewrite replaced its files meanwhile."""


class NotStored(CleoError):
    """What the server wrote is no backup."""


class _Rewritten(Exception):
    """The append-only files were replaced by others while they were copied."""


def main(order: str) -> int:
    """Store what ``order`` (a `StoreOrder` in JSON) says; return the exit status."""
    wanted = msgspec.json.decode(order, type=StoreOrder)
    try:
        with staged(Path(wanted.repository), wanted.system, wanted.kind) as backup:
            facts = _copy_rdb(wanted, backup) if wanted.kind == "full" else _copy_aof(wanted, backup)
            _copy_settings(wanted, backup)
            at = wanted.consistent_at or datetime.now(UTC)
            facts = {**wanted.facts, **facts}
            entry = backup.finish("redis", consistent_at=at, server=wanted.server, facts=facts)
        _say({"id": entry.id})
    except CleoError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return 1
    return 0


def _copy_rdb(wanted: StoreOrder, backup: Staged) -> dict[str, Any]:
    """Copy the RDB file and read the copy to its end; return what it holds."""
    there = backup.folder / RDB_FILE
    _copy(Path(wanted.source), there)
    found = check_rdb(wanted.check_rdb, there)
    if wanted.not_before and (found.made_at is None or found.made_at < wanted.not_before):
        raise NotStored(
            f"{wanted.source} is of {found.made_at}, older than the save that was asked for.",
            "Does the server write elsewhere (dir, dbfilename)? Correct the inventory's data_directory.",
        )
    return facts_of(found)


def check_rdb(program: str, path: Path) -> RdbFile:
    """Return what an RDB file on this host holds.

    Raises:
        NotStored: it is not sound.
    """
    done = _ran([program, str(path)])

    def peek(at: int) -> bytes:
        with path.open("rb") as file:
            file.seek(at)
            return file.read(HEAD)

    found = parse_check(done, peek)
    if found is None:
        raise NotStored(
            f"{path.name} is no sound RDB file: {why_unsound(done) or done.strip()[-200:]}.",
            "Look for damage to the server's disk or memory; the backups that were there are untouched.",
        )
    return found


def _copy_aof(wanted: StoreOrder, backup: Staged) -> dict[str, Any]:
    """Copy the append-only directory, all of one rewrite, up to the last whole command."""
    source, there = Path(wanted.source), backup.folder / AOF_FOLDER
    for _ in range(_TRIES):
        try:
            return _copy_parts(wanted, source, there)
        except (_Rewritten, FileNotFoundError):
            shutil.rmtree(there, ignore_errors=True)
            time.sleep(0.5)  # a rewrite has just ended: the next one is not due at once
    raise NotStored(f"The files of {source} were replaced {_TRIES} times while they were copied.", "Try again later.")


def _copy_parts(wanted: StoreOrder, source: Path, there: Path) -> dict[str, Any]:
    there.mkdir(mode=0o700)
    manifests = sorted(source.glob("*.manifest"))
    if len(manifests) != 1:
        raise NotStored(f"{source} has {len(manifests)} manifests: it cannot be told which files count.")
    before = manifests[0].read_text()
    parts = parse_manifest(before)
    for part in parts:
        _copy(source / part.name, there / part.name)
    if manifests[0].read_text() != before:
        raise _Rewritten
    manifest = there / manifests[0].name
    manifest.write_text(before)
    found = parse_aof_check(_ran([wanted.check_aof, str(manifest)]), parts)
    if not found.sound and not (found.broken and found.last):
        raise NotStored(
            f"The append-only file is damaged ({found.broken or source}: {found.why}): it is no backup.",
            "Save an RDB file (a full backup), then have the server write a new one: BGREWRITEAOF.",
        )
    if not found.sound:  # it was copied in the middle of a command that the server was writing
        with (there / found.broken).open("r+b") as file:
            file.truncate(found.good)
    return {"aof": {"files": len(parts), "cut": found.cut, "manifest": manifest.name}}


def _copy_settings(wanted: StoreOrder, backup: Staged) -> None:
    """Copy configuration and users, which the RDB file does not have: where they lie, their last saved state."""
    for name, path in wanted.settings.items():
        if path and Path(path).is_file():
            _copy(Path(path), backup.folder / name)


def _copy(source: Path, there: Path) -> None:
    """Copy what a file has now, into a private one."""
    with source.open("rb") as read, there.open("xb") as write:
        there.chmod(0o600)
        size, done, said = source.stat().st_size, 0, time.monotonic()
        while done < size and (piece := read.read(min(_PIECE, size - done))):
            write.write(piece)
            done += len(piece)
            if time.monotonic() - said > 0.5:
                said = time.monotonic()
                _say({"read": done, "of": size})


def _ran(argv: list[str]) -> str:
    """Return what a program of Redis printed, both streams."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError:
        raise NotStored(f"There is no {argv[0]} on this host.", "Name its folder (bin_directory).") from None
    return f"{done.stdout}\n{done.stderr}"


def _say(what: Mapping[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
