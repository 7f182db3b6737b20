"""Ways to preserve old data (move, copy): each completes wholly or can be resumed after it was killed.

Nothing is at the copy's own path before all of it is: only then does a restore write anything.
"""

from __future__ import annotations

from typing import Literal

from actions.machine.directories import Directory
from actions.machine.listener import look
from actions.machine.machine import last_words
from actions.outcome import ActionFailed, Cure, GateClosed
from actions.systems.postgres.process import POSTGRES, postmaster
from actions.systems.postgres.restore_record import PreservedCopy
from actions.systems.postgres.server import Server

PreservationMethod = Literal["move", "empty", "copy"]
"""Move the directory; move what is in it, one entry after the other; copy it, where nothing can be moved."""

MOVING, COPYING = ".moving", ".copying"
"""Behind a copy's path while it is not whole. What was moved is nowhere else; what was copied can be copied again."""

_COPY_LOG = 'rm -rf "$2.part" && cp -aL "$1" "$2.part" && rm -rf "$2" && mv -T "$2.part" "$2"'
"""Copies a directory, again also: a copy of before gives way to a whole one only."""
MOVE = """
set -e
real=$(readlink -f "$1")
before=$(stat -c %d:%i "$real")
mv -T --no-clobber "$real" "$2"
[ "$(stat -c %d:%i "$2")" = "$before" ] || { echo "$2 is not what $1 was" >&2; exit 66; }
[ ! -L "$1" ] || mkdir -m 700 "$real"
"""
"""Moves a directory, through a link to it also, and proves that what lies there then is what lay here. A link itself is
never moved: what it leads to would be emptied by the restore."""
_EMPTY = """
set -e
mkdir -p -m 700 "$2.moving"
cd "$1"
find . -mindepth 1 -maxdepth 1 -exec mv --no-clobber -t "$2.moving" -- {} +
left=$(find . -mindepth 1 -maxdepth 1)
[ -z "$left" ] || { echo "$1 still holds $left" >&2; exit 66; }
sync -f "$2.moving"
"""
_COPY = """
set -e
rm -rf "$2.copying"
mkdir -m 700 "$2.copying"
cd "$1"
find . -mindepth 1 -maxdepth 1 -exec cp -a -t "$2.copying" -- {} +
control=global/pg_control
[ ! -e "$control" ] || cmp "$control" "$2.copying/$control"
sync -f "$2.copying"
"""
_WHOLE = 'mv -T --no-clobber "$1" "$2" && [ ! -e "$1" ] && sync -f "$2"'
_SPACE = """
set -e
[ ! -e "$2" ] || exit 0
[ -e "$1" ] || exit 0
mkdir -p -m 700 "$(dirname "$2")"
mv -T --no-clobber "$1" "$2"
"""
_LINK = """
set -e
for link in "$1"/pg_tblspc/*; do
    [ -L "$link" ] && [ "$(readlink -f "$link")" = "$(readlink -f "$2")" ] || continue
    ln -sfnT "$3" "$link"
done
"""
"""Points the links of the preserved data at the preserved tablespaces, so that it never writes to the restored ones."""


def preservation_method(data: Directory, folder: Directory, inside: list[str]) -> PreservationMethod:
    """Return how a data directory can be kept in a folder; ``inside`` are mount points in it.

    A mount point is not moved, and what is mounted in a directory that was moved comes back at the next boot, over what
    was restored.
    """
    if data.is_mount or inside or data.mount != folder.mount:
        return "copy"
    return "move" if data.above else "empty"


def preserve_directory(server: Server, way: PreservationMethod, copy: PreservedCopy) -> None:
    """Keep the data directory as ``copy``. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: it cannot be kept; nothing was overwritten.
        GateClosed: something started the server meanwhile.
    """
    here = f"{copy.path}{COPYING}" if way == "copy" else server.data
    if way == "copy":
        _do(server, "copy", _COPY, server.data, copy.path)
    for folder, kept in copy.tablespaces.items():
        redirect_links(server, here, folder.rpartition("/")[0], kept.rpartition("/")[0])
    if way == "move":
        _do(server, "keep", MOVE, server.data, copy.path)
        _require_nobody_took_it_along(server, copy.path)
        return
    if way == "empty":
        _do(server, "empty", _EMPTY, server.data, copy.path)
    if pid := postmaster(server):
        raise _started(server, pid, f"in {server.data}")
    _do(server, "keep", _WHOLE, f"{copy.path}{COPYING if way == 'copy' else MOVING}", copy.path)


def preserve_log(server: Server, path: str) -> None:
    """Copy the log that survived. Call it only where ``effect`` said True."""
    _do(server, "keep-log", _COPY_LOG, f"{server.data}/pg_wal", path)


def preserve_tablespace(server: Server, here: str, there: str) -> None:
    """Move this cluster's folder in a tablespace aside, within it. Call it only where ``effect`` said True."""
    _do(server, f"keep{here.replace('/', '-')}", _SPACE, here, there)


def redirect_links(server: Server, data: str, here: str, there: str) -> None:
    """Have the links of kept data lead to a kept tablespace. Call it only where ``effect`` said True."""
    _do(server, "link", _LINK, data, here, there)


def _do(server: Server, key: str, script: str, *words: str) -> None:
    done = server.run(key, ["sh", "-c", script, "sh", *words])
    if done.code != 0:
        raise ActionFailed(
            f"The old data cannot be kept: {last_words(done)}",
            "Nothing was overwritten. Mend what it says and run the step again, or keep it elsewhere (p: keep_in).",
        )


def _require_nobody_took_it_along(server: Server, aside: str) -> None:
    """Whoever started the server in the moment of the move works in what was moved: then it is moved back.

    Raises:
        GateClosed: somebody did.
    """
    worker = look(server.query, aside, POSTGRES, server.query_ourselves).server()
    if worker is None:
        return
    done = server.run("move-back", ["mv", "-T", "--no-clobber", aside, server.data])
    where = f"in {aside}" if done.code != 0 or server.exists(aside) else f"in {server.data}, where it was moved back"
    raise _started(server, worker.pid, where)


def _started(server: Server, pid: int, where: str) -> GateClosed:
    return GateClosed(
        "down",
        f"Something started {server.name} (pid {pid}) while its data was being kept: it works {where}.",
        yields="never",
        opens="postgres.stop",
        cures=[
            Cure(
                words="Find what starts it (a service manager, a supervisor, a cron job), stop that, then the server.",
                action="postgres.stop",
            )
        ],
    )
