"""Preserves the old data directory before a restore, so that a recovery destroys nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from actions.machine.directories import Directory, inspect_directories, mounts_below, used
from actions.machine.room import SpaceNeed, require_room, too_small
from actions.outcome import Cure, GateClosed
from actions.systems.postgres.disk_layout import DiskLayout, read_disk_layout
from actions.systems.postgres.pgbackrest.command import Backup
from actions.systems.postgres.preserve import (
    MOVING,
    PreservationMethod,
    preservation_method,
    preserve_directory,
    preserve_log,
    preserve_tablespace,
)
from actions.systems.postgres.process import control
from actions.systems.postgres.restore_record import PreservedCopy, RestoreRecord, name_in
from actions.systems.postgres.server import Server
from actions.systems.postgres.surviving_wal import archive_waiting, waiting_segments

GATE = "space"
_MARGIN = 1.1
"""Factor on the size of the restored data, which leaves free space for its WAL."""


class Plan(msgspec.Struct, frozen=True):
    """Every copy that there will be, and the one of them that is still to be made, if there is one."""

    kept: list[PreservedCopy]
    copy: PreservedCopy | None = None


class Preservation:
    """Says, for a backup, which copies will be kept: those that are there, and what lies in the data directory now.

    Args:
        server: the server, which is down.
        earlier: the record of the restore before, of this incident or another.
        unfinished: whether this one goes on from there: what lies in the data directory is then its own.
        keep_in: a folder for the old data that a person named.
    """

    def __init__(self, server: Server, earlier: RestoreRecord | None, *, unfinished: bool, keep_in: str) -> None:
        self._server, self._earlier, self._unfinished, self._keep_in = server, earlier, unfinished, keep_in
        self._for: tuple[Backup, Plan] | None = None

    def plan(self, backup: Backup) -> Plan:
        """Look what stands where, and decide; before hours of verification, and again for another backup.

        Raises:
            GateClosed: what lies there now cannot be kept, or there is no room, and nobody decided to go on.
            ActionFailed: something cannot be written to at all.
        """
        if self._for is None or self._for[0] != backup:
            self._for = backup, self._plan(read_disk_layout(self._server, backup, self._keep_in))
        return self._for[1]

    def _plan(self, found: DiskLayout) -> Plan:
        server, earlier = self._server, self._earlier
        if self._unfinished and earlier:
            copy = earlier.current if earlier.current and not server.exists(earlier.current.place) else None
            require_room(server, _restored(found, over=True))
            return Plan(earlier.kept, copy)
        before = _still_there(server, earlier)
        if (half := _half_made(server, earlier)) and half in before:
            server.ctx.log(f"Old data was being kept in {half.place}: that goes on.")
            return Plan(before, half)
        if is_empty(server) and not any(space.used for space in found.spaces):
            require_room(server, _restored(found, over=False))
            return Plan(before)
        copy = self._copy(found)
        return Plan([*before, copy] if copy else before, copy)

    def _copy(self, found: DiskLayout) -> PreservedCopy | None:
        """Say how what lies here will be kept; None where it was decided to overwrite it, and it has no log."""
        server, now = self._server, datetime.now(UTC)
        folder, way = _choose_folder(found)
        place, stamp = name_in(server, folder.path), f"{now:%Y%m%dT%H%M%SZ}"
        control_file = control(server)
        what = PreservedCopy(
            path="",
            wal="",
            what="restored" if self._was_restored() else "original",
            incident=server.ctx.incident.id,
            at=now.isoformat(timespec="seconds"),
            cluster=control_file.system_identifier if control_file else "",
        )
        has_log = server.exists(f"{server.data}/pg_wal")
        why = [*_unknown(found), *too_small(_kept(found, folder, way))]
        if why and not server.ctx.overridden(GATE):
            raise _no_space(server, "; ".join(why))
        if why:
            log = SpaceNeed(folder, used(server, f"{server.data}/pg_wal"), "the log that survived")
            require_room(server, [*_restored(found, over=True), log])
            return msgspec.structs.replace(what, wal=f"{place}.wal-{stamp}") if has_log else None
        moved = {
            space.folder: f"{space.directory.real}/aside-{stamp}/{space.folder.rpartition('/')[2]}"
            for space in found.spaces
            if space.used
        }
        if is_empty(server):
            return msgspec.structs.replace(what, tablespaces=moved)
        aside = f"{place}.aside-{stamp}"
        log_at = f"{place}.wal-{stamp}" if found.log_at else f"{aside}/pg_wal"
        return msgspec.structs.replace(what, path=aside, wal=log_at, tablespaces=moved)

    def _was_restored(self) -> bool:
        earlier = self._earlier
        return bool(earlier and earlier.incident == self._server.ctx.incident.id and earlier.state != "restoring")


def _choose_folder(found: DiskLayout) -> tuple[Directory, PreservationMethod]:
    """Return where to keep the old data, and how: where it need not be copied, if there is such a place."""
    ways = [
        (folder, preservation_method(found.data, folder, found.inside)) for folder in found.folders if folder.writes
    ]
    return next(((folder, way) for folder, way in ways if way != "copy"), ways[0])


def _restored(found: DiskLayout, *, over: bool) -> list[SpaceNeed]:
    """Return what a restore takes; ``over``: what lies there now gives way to it."""
    spaces = [
        SpaceNeed(space.directory, (space.of.size or 0) - (space.used if over else 0), f"the {space.of}")
        for space in found.spaces
    ]
    return [SpaceNeed(found.data, found.layout.data - (found.used if over else 0), "the restored data"), *spaces]


def _kept(found: DiskLayout, folder: Directory, way: PreservationMethod) -> list[SpaceNeed]:
    """Return what a restore takes that keeps all there is."""
    data = int(found.layout.data * _MARGIN)
    needs = [need for need in _restored(found, over=False) if need.directory is not found.data]
    needs.append(SpaceNeed(found.data, data - (found.used if way == "copy" else 0), "the restored data and its log"))
    needs.append(SpaceNeed(folder, (found.used if way == "copy" else 0) + found.log, "what is kept"))
    return needs


def _unknown(found: DiskLayout) -> list[str]:
    return [
        f"nobody can tell which of the folders in {space.directory.path} is this cluster's"
        for space in found.spaces
        if space.used and not space.folder
    ]


def _still_there(server: Server, earlier: RestoreRecord | None) -> list[PreservedCopy]:
    """Return what earlier restores kept; what somebody removed since is said."""
    half = _half_made(server, earlier)
    kept = [copy for copy in (earlier.kept if earlier else []) if copy == half or server.exists(copy.wal or copy.place)]
    for copy in earlier.kept if earlier else []:
        if copy not in kept:
            server.ctx.log(f"What incident {copy.incident} kept in {copy.place} is gone.", "err")
    found = control(server)
    foreign = [copy for copy in kept if found and copy.cluster not in ("", found.system_identifier)]
    return [copy for copy in kept if copy not in foreign]


def _half_made(server: Server, earlier: RestoreRecord | None) -> PreservedCopy | None:
    """Return the copy that an earlier restore began to make by moving, and did not get to the end of."""
    copy = earlier.current if earlier and earlier.state == "restoring" else None
    if copy is None or server.exists(copy.place):
        return None
    begun = [*([f"{copy.path}{MOVING}"] if copy.path else []), *copy.tablespaces.values()]
    return copy if any(server.exists(path) for path in begun) else None


def preserve(server: Server, record: RestoreRecord) -> None:
    """Archive what survived and can be archived, and keep the rest where the record says. Repeating it is harmless."""
    copy = record.current
    if copy is None or server.exists(copy.place):
        return
    if waiting := waiting_segments(server):
        words = f"archive {len(waiting)} complete log segments that survived: {waiting[0]} to {waiting[-1]}"
        if server.ctx.effect(words) and (failed := archive_waiting(server)):
            server.ctx.log(f"Not archived, replayed from the old directory: {', '.join(failed)}", "err")
    for here, there in copy.tablespaces.items():
        if server.ctx.effect(f"keep what is in a tablespace: move {here} to {there}"):
            preserve_tablespace(server, here, there)
    if copy.wal and copy.wal != f"{copy.path}/pg_wal":
        over = "" if copy.path else f", and overwrite {server.data}, as was decided"
        if server.ctx.effect(f"save the surviving log in {copy.wal}{over}"):
            preserve_log(server, copy.wal)
    if copy.path:
        _preserve_data_directory(server, copy)


def _preserve_data_directory(server: Server, copy: PreservedCopy) -> None:
    data, folder = inspect_directories(server, server.data, copy.path.rpartition("/")[0] or "/")
    inside = mounts_below(server, data.real)
    way: PreservationMethod = (
        "empty" if server.exists(f"{copy.path}{MOVING}") else preservation_method(data, folder, inside)
    )
    words = {
        "move": f"move {server.data} to {copy.path}",
        "empty": f"move all that is in {server.data} to {copy.path}",
        "copy": f"copy {server.data} to {copy.path}, since {_immovable(data, inside)}; then restore over it",
    }
    if server.ctx.effect(f"keep the old data directory: {words[way]}"):
        preserve_directory(server, way, copy)


def _immovable(data: Directory, inside: list[str]) -> str:
    if data.is_mount:
        return "it is a mount point"
    return f"{inside[0]} is mounted in it" if inside else "that is another file system"


def is_empty(server: Server) -> bool:
    """Whether there is no data directory, or nothing in it."""
    done = server.query(["sh", "-c", 'ls -A "$1" 2>/dev/null | head -n 1', "sh", server.data])
    return not done.out.strip()


def _no_space(server: Server, why: str) -> GateClosed:
    return GateClosed(
        GATE,
        f"The old data directory {server.data} cannot be kept beside a restored one: {why}.",
        "Make room, or keep it elsewhere (keep_in: a folder of its host), or decide to overwrite it: what it holds "
        "beyond the backup and its log is then lost for good.",
        yields="reason and target",
        cures=[
            Cure(words="Make room, or keep it elsewhere (keep_in: a folder of its host), then run it again."),
            Cure(
                words="Or overwrite it.",
                override=GATE,
                cost="what it holds beyond the backup and its log is lost for good",
            ),
        ],
    )
