"""Puts what a restore needs in its place: settings that are missing, the old data aside, the data that is restored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from actions.backups.heard import show_read
from actions.backups.repository.bring import BringOrder
from actions.backups.repository.entry import StoredFile
from actions.backups.repository.in_bucket import said_trouble
from actions.backups.repository.place import Place
from actions.machine.aside import KeptCopy, keep, kept_copies, new_copy, require_movable
from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.redis.backups.order import AOF_FOLDER, RDB_FILE
from actions.systems.redis.backups.place import place_of_backups
from actions.systems.redis.config_file import Wanted
from actions.systems.redis.restore_record import RestoreRecord, Source, keeper, place_of
from actions.systems.redis.server import Server

_BRING = "actions.backups.repository.bring"
_HOURS_S = 12 * 3600.0
_INCOMPLETE = "The data directory is incomplete; the old data is kept."
_DIRECTORY = r"""
set -e
[ -d "$1" ] || { mkdir -p -m 750 -- "$1"; [ -z "$2" ] || chown -- "$2:" "$1"; }
"""
_PLACE = r"""
set -e
umask 077
from=$1 to=$2 owner=$3 over=$4; shift 4
rm -rf -- "$to.cleo-new"
cp -R -- "$from" "$to.cleo-new"
while [ $# -gt 0 ]; do
    file=$to.cleo-new$1
    [ "$(sha256sum <"$file" | cut -d ' ' -f 1)" = "$2" ] || { echo "$file is not what was backed up" >&2; exit 65; }
    shift 2
done
[ -z "$owner" ] || chown -R -- "$owner:" "$to.cleo-new"
find "$to.cleo-new" -type f -exec sync {} +
[ -z "$over" ] || rm -rf -- "$to"
[ ! -e "$to" ] || { echo "$to is there again: somebody started the server meanwhile" >&2; exit 66; }
mv -T --no-clobber -- "$to.cleo-new" "$to"
sync "${to%/*}"
"""
"""Copies, compares, and only then names the copy: what is at its place is whole or not there. ``over``: what lies there
was put there by a restore of this incident that did not get to its end."""


def bring_back(server: Server, place: Place, backup: str, file: StoredFile, path: str) -> None:
    """Bring back a file of settings from a backup. Call it only where ``effect`` said True.

    Args:
        server: the server.
        place: the repository.
        backup: the backup's id; ``file``: which file of it.
        path: where it belongs.
    """
    key, name = f"settings-{file.name}", f"{backup}/{file.name}"
    if place.in_bucket:
        _bring(server, key, bring_order(place, name, {"": file.sha256}, path, owner=server.run_as))
    else:
        _do(server, key, _PLACE, f"{place.folder}/{name}", path, server.run_as, "", "", file.sha256)


def bring_order(place: Place, name: str, files: Mapping[str, str], to: str, **more: Any) -> BringOrder:
    """Return what brings files of a backup out of a bucket.

    Args:
        place: the repository.
        name: their name below the system's folder, or what their names begin with; ``files``: as `BringOrder` has them.
        to: the path that they are to have.
        more: further fields of `BringOrder`.
    """
    return BringOrder(where=place.shelf, name=name, files=files, to=to, **more)


def half_made(server: Server) -> KeptCopy | None:
    """Return the copy that a killed restore began to make; None: none."""
    return next((copy for copy in kept_copies(keeper(server), place_of(server)) if not copy.whole), None)


def plan_copy(server: Server, wanted: Wanted, *, restored: bool) -> KeptCopy | None:
    """Return the copy that will be kept of what lies in the data directory; None: there is nothing.

    A copy that a killed restore began to make goes on.

    Args:
        server: the server, which is down.
        wanted: the names of its files.
        restored: whether what lies there was made by a restore of this incident.

    Raises:
        ActionFailed: it cannot be moved.
    """
    if half := half_made(server):
        return half
    paths = [f"{server.data}/{name}" for name in (wanted.rdb_name, wanted.aof_folder, wanted.aof_name)]
    there = [path for path in paths if server.exists(path)]
    if not there:
        return None
    copy = new_copy(
        place_of(server), there, incident=server.ctx.incident.id, what="restored" if restored else "original"
    )
    require_movable(keeper(server), copy)
    return copy


def keep_old(server: Server, copy: KeptCopy) -> None:
    """Move the old data aside. Call it only where ``effect`` said True."""
    keep(keeper(server), copy)


def place_data(server: Server, record: RestoreRecord, *, over: bool) -> None:
    """Put the data that is restored in its place. Call it only where ``effect`` said True.

    Args:
        server: the server, which is down.
        record: what is restored.
        over: whether what lies there was put there by this incident's unfinished restore.

    Raises:
        ActionFailed: it could not be copied, or is not what was backed up; nothing is at its place then.
    """
    source, wanted = record.source, record.wanted
    _do(server, "directory", _DIRECTORY, server.data, server.run_as)
    to = f"{server.data}/{wanted.rdb_name if source.kind == 'rdb' else wanted.aof_folder}"
    place = place_of_backups(server.ctx, server.name)
    if source.label and place.in_bucket:
        order = source_order(place, source, to)
        _bring(server, "place", msgspec.structs.replace(order, owner=server.run_as, over=over))
        return
    _do(server, "place", _PLACE, source.path, to, server.run_as, "over" if over else "", *_digests(source))


def source_order(place: Place, source: Source, to: str) -> BringOrder:
    """Return what brings a backup's data out of a bucket."""
    name = RDB_FILE if source.kind == "rdb" else AOF_FOLDER
    return bring_order(place, f"{source.label}/{name}", _files(source), to, size=source.size)


def _files(source: Source) -> dict[str, str]:
    """Return, for each file, its name behind the place and the digest that it must have."""
    name = RDB_FILE if source.kind == "rdb" else AOF_FOLDER
    mine = {file: digest for file, digest in source.sha256.items() if file == name or file.startswith(f"{name}/")}
    return {file.removeprefix(name): digest for file, digest in mine.items()}


def _digests(source: Source) -> list[str]:
    """Return the same as words of a command line."""
    return [word for name, digest in _files(source).items() for word in (name, digest)]


def _bring(server: Server, key: str, order: BringOrder) -> None:
    """Bring it by a program on the server's host, as our own account, which may write into the data directory."""
    place = place_of_backups(server.ctx, server.name).here
    argv = [*place.program(_BRING), msgspec.json.encode(order).decode()]
    shown = show_read(server.ctx, "bringing it from the bucket")
    done = server.run(key, argv, timeout_s=_HOURS_S, user="", on_line=shown)
    if done.code != 0:
        raise said_trouble(done, f"{order.to} could not be put in its place", left_behind=_INCOMPLETE)


def _do(server: Server, key: str, script: str, *words: str) -> None:
    """Run it as our own account, which reads the repository; what it makes belongs to the server's."""
    done = server.run(key, ["sh", "-c", script, "sh", *words], user="")
    if done.code != 0:
        raise ActionFailed(
            f"{words[0]} could not be put in its place: {last_words(done)}",
            "Mend what it says, and run the step again: it goes on from there.",
            left_behind=_INCOMPLETE,
        )
