"""Keeping the old data directory: nothing is destroyed by recovering (design, gate 4)."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from actions.outcome import ActionFailed, GateClosed
from actions.postgres.process import control
from actions.postgres.restore_record import Kept, RestoreRecord
from actions.postgres.server import Server, last_words
from actions.postgres.surviving_wal import archive_waiting, waiting_segments
from actions.postgres.workers import look

GATE = "space"
_MARGIN = 1.1
"""A restored database wants room for its log beside its own size."""

_COPY = 'rm -rf "$2.part" && cp -aL "$1" "$2.part" && rm -rf "$2" && mv -T "$2.part" "$2"'
"""Copies a directory, again also: a copy of before gives way to a whole one only."""
_MOVE = """
set -e
real=$(readlink -f "$1")
before=$(stat -c %d:%i "$real")
mv -T --no-clobber "$real" "$2"
[ "$(stat -c %d:%i "$2")" = "$before" ] || { echo "$2 is not what $1 was" >&2; exit 66; }
[ ! -L "$1" ] || mkdir -m 700 "$real"
"""
"""Moves a directory, through a link to it also, and proves that what lies there then is what lay here. A link itself is
never moved: what it leads to would be emptied by the restore."""


def plan_keeping(server: Server, size: int, earlier: RestoreRecord | None) -> list[Kept]:
    """Say which copies will be kept: those of before that are still there, and what lies in the data directory now.

    Args:
        server: the server, which is down.
        size: bytes that a restored database takes.
        earlier: the record of the restore before, of this incident or another.

    Raises:
        GateClosed: what lies there now cannot be kept, and nobody decided to overwrite it.
        ActionFailed: there is no room to restore at all.
    """
    before = _still_there(server, earlier)
    if is_empty(server):
        _require_room(server, size)
        return before
    now = datetime.now(UTC)
    stamp, mine = f"{now:%Y%m%dT%H%M%SZ}", bool(earlier and earlier.incident == server.ctx.incident.id)
    found = control(server)
    copy = Kept(
        path="",
        wal="",
        what="restored" if mine and earlier and earlier.state != "restoring" else "original",
        incident=server.ctx.incident.id,
        at=now.isoformat(timespec="seconds"),
        cluster=found.system_identifier if found else "",
    )
    if why := _cannot_keep(server, size):
        if not server.ctx.overridden(GATE):
            raise _no_space(server, why)
        wal = f"{server.data}.wal-{stamp}" if server.exists(f"{server.data}/pg_wal") else ""
        return [*before, msgspec.structs.replace(copy, wal=wal)] if wal else before
    aside = f"{server.data}.aside-{stamp}"
    outside = server.query(["test", "-L", f"{server.data}/pg_wal"]).code == 0
    return [
        *before,
        msgspec.structs.replace(copy, path=aside, wal=f"{server.data}.wal-{stamp}" if outside else f"{aside}/pg_wal"),
    ]


def _still_there(server: Server, earlier: RestoreRecord | None) -> list[Kept]:
    """Return what earlier restores kept; what somebody removed since is said."""
    kept = [copy for copy in (earlier.kept if earlier else []) if server.exists(copy.wal)]
    for copy in earlier.kept if earlier else []:
        if copy not in kept:
            server.ctx.log(f"What incident {copy.incident} kept in {copy.path or copy.wal} is gone.", "err")
    found = control(server)
    foreign = [copy for copy in kept if found and copy.cluster not in ("", found.system_identifier)]
    return [copy for copy in kept if copy not in foreign]


def keep_old(server: Server, record: RestoreRecord) -> None:
    """Archive what survived and can be archived, and keep the rest where the record says. Repeating it is harmless."""
    copy = next((copy for copy in record.kept if (copy.path or copy.wal) == (record.aside or record.saved_wal)), None)
    if copy is None or server.exists(record.aside or record.saved_wal):
        return
    if waiting := waiting_segments(server):
        words = f"archive {len(waiting)} complete log segments that survived: {waiting[0]} to {waiting[-1]}"
        if server.ctx.effect(words) and (failed := archive_waiting(server)):
            server.ctx.log(f"Not archived, replayed from the old directory: {', '.join(failed)}", "err")
    if copy.wal != f"{copy.path}/pg_wal":
        words = f"save the surviving log in {copy.wal}" + (
            "" if copy.path else f", and overwrite {server.data}, as was decided"
        )
        _keep(server, "keep-log", words, ["sh", "-c", _COPY, "sh", f"{server.data}/pg_wal", copy.wal])
    if copy.path:
        words = f"keep the old data directory: move {server.data} to {copy.path}"
        _keep(server, "keep", words, ["sh", "-c", _MOVE, "sh", server.data, copy.path])
        _require_nobody_took_it_along(server, copy.path)


def _keep(server: Server, key: str, words: str, argv: list[str]) -> None:
    if server.ctx.effect(words) and (done := server.run(key, argv)).code != 0:
        raise ActionFailed(f"The old data cannot be kept: {last_words(done)}", "Nothing was overwritten. Make room.")


def _require_nobody_took_it_along(server: Server, aside: str) -> None:
    """Whoever started the server in the moment of the move works in what was moved: then it is moved back.

    Raises:
        GateClosed: somebody did.
    """
    worker = None if server.ctx.dry_run else look(server.query, aside, server.query_ourselves).postmaster()
    if worker is None:
        return
    done = server.run("move-back", ["mv", "-T", "--no-clobber", aside, server.data])
    where = f"in {aside}" if done.code != 0 or server.exists(aside) else f"in {server.data}, where it was moved back"
    raise GateClosed(
        "down",
        f"Something started {server.name} (pid {worker.pid}) while its directory was moved: it works {where}.",
        "Find what starts it (a service manager, a supervisor, a cron job), stop that, then postgres.stop.",
        yields="never",
        opens="postgres.stop",
    )


def is_empty(server: Server) -> bool:
    """Whether there is no data directory, or nothing in it."""
    done = server.query(["sh", "-c", 'ls -A "$1" 2>/dev/null | head -n 1', "sh", server.data])
    return not done.out.strip()


def _cannot_keep(server: Server, size: int) -> str:
    """Why the old data directory cannot be kept beside a restored one, or an empty string."""
    free = _free(server)
    if free < size * _MARGIN:
        return f"{free / 1e9:,.1f} GB are free, {size * _MARGIN / 1e9:,.1f} GB are wanted"
    if server.query(["mountpoint", "-q", server.data]).code == 0:
        return "it is a mount point and cannot be moved"
    if server.query(["sh", "-c", 'ls -A "$1"/pg_tblspc 2>/dev/null', "sh", server.data]).out.strip():
        return "it has tablespaces outside of it, which a restore writes over"
    return ""


def _no_space(server: Server, why: str) -> GateClosed:
    return GateClosed(
        GATE,
        f"The old data directory {server.data} cannot be kept beside a restored one: {why}.",
        "Make room, or decide to overwrite it: what it holds beyond the backup and its log is then lost for good.",
        yields="reason and target",
    )


def _require_room(server: Server, size: int) -> None:
    if (free := _free(server)) < size:
        raise ActionFailed(
            f"There is no room to restore: {free / 1e9:,.1f} GB are free, the database takes {size / 1e9:,.1f} GB.",
            "Make room, or restore elsewhere.",
        )


def _free(server: Server) -> int:
    parent = server.data.rpartition("/")[0] or "/"
    done = server.query(["df", "-B1", "--output=avail", parent])
    if done.code != 0:
        raise ActionFailed(f"The free space at {parent} cannot be measured: {last_words(done)}", "Does it exist?")
    return int(done.out.split()[-1])
