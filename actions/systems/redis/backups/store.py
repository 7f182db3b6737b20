"""Stores one backup of Redis in the repository: ``python -m …redis.backups.store ORDER``, on the server's own host.

It needs no connection to the server: the RDB file was written by the server, the append-only files are read while the
server goes on. They are stored straight from where they lie, so that a bucket needs no room here. It prints a JSON
object a line: ``{"read": BYTES, "of": BYTES}``, and at last ``{"id": ID}``. What is not sound becomes no backup: exit
status 1, with the reason on standard error.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from actions.backups.repository.new_backup import new_backup
from actions.backups.repository.writing import Staged
from actions.systems.redis.aof_check import check_aof
from actions.systems.redis.backups.held_aof import HeldAof, held_aof, opened_path
from actions.systems.redis.backups.order import AOF_FOLDER, RDB_FILE, StoreOrder
from actions.systems.redis.rdb import HEAD, RdbFile, facts_of, parse_check, why_unsound
from journal.errors import CleoError
from journal.structs import from_json

_PIECE = 1 << 20
_TRIES = 20
"""How often the append-only files are opened anew because a rewrite replaced them meanwhile."""


class NotStored(CleoError):
    """What the server wrote is no backup."""


def main(order: str) -> int:
    """Store what ``order`` (a `StoreOrder` in JSON) says; return the exit status."""
    wanted = from_json(order, StoreOrder)
    try:
        with new_backup(wanted.where, wanted.system, wanted.kind) as backup:
            facts = _store_rdb(wanted, backup) if wanted.kind == "full" else _store_aof(wanted, backup)
            _store_settings(wanted, backup)
            at = wanted.consistent_at or datetime.now(UTC)
            facts = {**wanted.facts, **facts}
            entry = backup.finish("redis", consistent_at=at, server=wanted.server, facts=facts)
        _say({"id": entry.id})
    except CleoError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return 1
    return 0


def _store_rdb(wanted: StoreOrder, backup: Staged) -> dict[str, Any]:
    """Read the RDB file to its end, and store that very file: a later save gives the name to another one."""
    with Path(wanted.source).open("rb") as source:
        found = check_rdb(wanted.check_rdb, opened_path(source), wanted.source)
        if wanted.not_before and (found.made_at is None or found.made_at < wanted.not_before):
            raise NotStored(
                f"{wanted.source} is of {found.made_at}, older than the save that was asked for.",
                "Does the server write elsewhere (dir, dbfilename)? Correct the inventory's data_directory.",
            )
        _store(source, backup, RDB_FILE)
    return facts_of(found)


def check_rdb(program: str, path: Path, name: str) -> RdbFile:
    """Return what an RDB file on this host holds; ``name`` is what people call it.

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
            f"{name} is no sound RDB file: {why_unsound(done) or done.strip()[-200:]}.",
            "Look for damage to the server's disk or memory; the backups that were there are untouched.",
        )
    return found


def _store_aof(wanted: StoreOrder, backup: Staged) -> dict[str, Any]:
    """Store the append-only directory, all of one rewrite, up to the last whole command."""
    for _ in range(_TRIES):
        try:
            with held_aof(Path(wanted.source)) as held:
                return _store_parts(wanted, held, backup)
        except FileNotFoundError:  # a rewrite took one away before it was opened
            time.sleep(0.5)  # it has just ended: the next one is not due at once
    raise NotStored(f"The files of {wanted.source} were replaced {_TRIES} times meanwhile.", "Try again later.")


def _store_parts(wanted: StoreOrder, held: HeldAof, backup: Staged) -> dict[str, Any]:
    found = check_aof(_ran, wanted.check_aof, wanted.check_rdb, str(held.manifest), held.parts)
    if not found.sound and not (found.broken and found.last):
        raise NotStored(
            f"The append-only file is damaged ({found.broken or wanted.source}: {found.why}): it is no backup.",
            "Save an RDB file (a full backup), then have the server write a new one: BGREWRITEAOF.",
        )
    for part in held.parts:  # the last one may end in the middle of a command that the server was writing
        _store(held.files[part.name], backup, f"{AOF_FOLDER}/{part.name}", found.readable.get(part.name))
    with backup.new(f"{AOF_FOLDER}/{held.manifest.name}") as file:
        file.write(held.text.encode())
    return {"aof": {"files": len(held.parts), "cut": found.cut, "manifest": held.manifest.name}}


def _store_settings(wanted: StoreOrder, backup: Staged) -> None:
    """Store configuration and users, which the RDB file does not have: where they lie, their last saved state."""
    for name, path in wanted.settings.items():
        if path and Path(path).is_file():
            with Path(path).open("rb") as source:
                _store(source, backup, name)


def _store(source: BinaryIO, backup: Staged, name: str, size: int | None = None) -> None:
    """Store what a file has now, or its first bytes."""
    of = os.fstat(source.fileno()).st_size if size is None else size
    done, said = 0, time.monotonic()
    source.seek(0)
    with backup.new(name) as there:
        while done < of and (piece := source.read(min(_PIECE, of - done))):
            there.write(piece)
            done += len(piece)
            if time.monotonic() - said > 0.5:
                said = time.monotonic()
                _say({"read": done, "of": of})


def _ran(argv: Sequence[str]) -> str:
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
