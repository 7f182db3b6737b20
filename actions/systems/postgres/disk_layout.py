"""What a restore finds on disk: directories, tablespaces and free space; refuses where it cannot work."""

from __future__ import annotations

import msgspec

from actions.machine.directories import Directory, inspect_directories, mounts_below, size_words, used
from actions.outcome import ActionFailed
from actions.systems.postgres.layout import Layout, Tablespace, backup_layout, present_tablespaces, version_folder
from actions.systems.postgres.mount_check import require_mounted
from actions.systems.postgres.pgbackrest.command import Backup
from actions.systems.postgres.restore_record import record_folder
from actions.systems.postgres.server import Server

_BLOCKED = 'for at in "$@"; do [ ! -d "$at/lost+found" ] || [ -r "$at/lost+found" ] || echo "$at/lost+found"; done'


class Space(msgspec.Struct, frozen=True, kw_only=True):
    """One tablespace, of the backup or on disk: its directory, the cluster's folder there, its size in bytes."""

    of: Tablespace
    directory: Directory
    folder: str
    used: int


class DiskLayout(msgspec.Struct, frozen=True, kw_only=True):
    """The directories that a restore finds, and the layout that the backup restores.

    ``used`` is what the data directory takes, ``log`` what its log takes that lies elsewhere, in ``log_at`` (else
    empty). ``inside`` are mount points in the data directory; ``folders`` where old data can be kept, the best first.
    """

    data: Directory
    used: int
    inside: list[str]
    log_at: str
    log: int
    spaces: list[Space]
    layout: Layout
    folders: list[Directory]


def read_disk_layout(server: Server, backup: Backup, keep_in: str) -> DiskLayout:
    """Look at everything that a restore of ``backup`` will write to, and say it.

    Args:
        server: the server.
        backup: what will be restored.
        keep_in: a folder for the old data that a person named; empty: where the record is.

    Raises:
        ActionFailed: something is not there, or cannot be written by the server's account.
        GateClosed: a disk is not mounted, and nobody decided to go on.
    """
    layout = backup_layout(server, backup)
    folder = record_folder(server)
    data, record, named = inspect_directories(server, server.data, folder, keep_in or folder)
    require_mounted(server, data, record, named)
    _require_record_folder(server, record)
    _require_usable(server, data, "data directory")
    beside = inspect_directories(server, data.real.rpartition("/")[0] or "/")[0]
    inside = mounts_below(server, data.real) if data.there else []
    log_at = server.query(["readlink", "-e", f"{server.data}/pg_wal"]).out.strip() if _is_link(server) else ""
    found = DiskLayout(
        data=data,
        used=used(server, data.real) if data.there else 0,
        inside=inside,
        log_at=log_at,
        log=used(server, log_at) if log_at else 0,
        spaces=_spaces(server, layout),
        layout=layout,
        folders=[named] if keep_in else [record, beside],
    )
    if keep_in:
        _require_outside(server, named, found)
    _require_cleanable(server, found)
    _say(server, found)
    return found


def _is_link(server: Server) -> bool:
    return server.query(["test", "-L", f"{server.data}/pg_wal"]).code == 0


def _spaces(server: Server, layout: Layout) -> list[Space]:
    """Look at the tablespaces that the backup brings, and at those that are linked to now."""
    version = layout.version or version_folder(server)
    wanted = {space.path: space for space in layout.tablespaces}
    every = [*wanted.values(), *(space for space in present_tablespaces(server) if space.path not in wanted)]
    spaces = []
    looked = inspect_directories(server, *(space.path for space in every)) if every else []
    require_mounted(server, *looked)
    for of, directory in zip(every, looked, strict=True):
        if of.path in wanted:
            _require_usable(server, directory, str(of))
        folder = f"{directory.real}/{version}" if version else ""
        taken = used(server, folder or directory.real) if directory.there else 0
        spaces.append(Space(of=of, directory=directory, folder=folder, used=taken))
    return spaces


def _require_record_folder(server: Server, folder: Directory) -> None:
    if folder.there and folder.writes:
        return
    who, why = server.account, "cannot be written by" if folder.there else "does not exist for"
    raise ActionFailed(
        f"{folder.path} {why} {who}: neither the record of the restore nor old data can be kept there.",
        f"Let {who} write there, or name another folder of its host (keep_in: at this system in the inventory).",
    )


def _require_usable(server: Server, directory: Directory, what: str) -> None:
    """Whoever restores must be able to write there, or to make it."""
    who = server.account
    if directory.there and not directory.writes:
        raise ActionFailed(
            f"The {what} {directory.path} cannot be written by {who}.",
            f"Correct its owner: chown {who} {directory.real}.",
        )
    if not directory.there and not directory.writes:
        raise ActionFailed(
            f"The {what} {directory.path} is missing, and {who} cannot make it in {directory.nearest}.",
            f"If it is a disk, mount it. Else make it: install -d -m 700 -o {who} {directory.real}.",
        )


def _require_outside(server: Server, folder: Directory, found: DiskLayout) -> None:
    """What is kept inside of what is restored is removed by the restore."""
    holds = [found.data.real, found.log_at, *(space.folder for space in found.spaces)]
    within = next((path for path in holds if path and f"{folder.real}/".startswith(f"{path}/")), "")
    if within or not folder.path.startswith("/"):
        raise ActionFailed(
            f"Old data cannot be kept in {folder.path}: it lies in {within or 'no place of its own'}.",
            "Name the full path of a folder that the restore does not write to (p: keep_in).",
        )
    if not folder.there or not folder.writes:
        raise ActionFailed(
            f"Old data cannot be kept in {folder.path}: {server.account} cannot write there.",
            f"Make it: install -d -m 700 -o {server.account} {folder.path}. Or name another (p: keep_in).",
        )


def _require_cleanable(server: Server, found: DiskLayout) -> None:
    blocked = server.query(["sh", "-c", _BLOCKED, "sh", found.data.real, *found.inside]).out.splitlines()
    if blocked:
        raise ActionFailed(
            f"{blocked[0]} cannot be read by {server.account}: pgBackRest stops at it.",
            f"It is the file system's own, and empty unless a check found something. As root: rmdir {blocked[0]}.",
        )


def _say(server: Server, found: DiskLayout) -> None:
    """Say what stands where, and what is restored where."""
    there = f"{size_words(found.used)} there now" if found.data.there else "missing"
    say = server.ctx.log
    say(f"The data directory is {found.data}: {there}, {size_words(found.layout.data)} are restored.")
    for mount in found.inside:
        say(f"{mount} is a file system of its own, and is restored into.")
    if found.log_at:
        inside = "" if "pg_wal" in found.layout.links else "; the restored server has its log inside"
        say(f"Its pg_wal is a link to {found.log_at} ({size_words(found.log)}){inside}.")
    for name, path in found.layout.links.items():
        say(f"{name} is restored to {path}, as pgBackRest's configuration says.")
    for space in found.spaces:
        say(f"The {space.of} is {space.directory}: {size_words(space.used)} there now, {_comes(space, found.layout)}.")


def _comes(space: Space, layout: Layout) -> str:
    if space.of in layout.tablespaces:
        return "its size is not known" if space.of.size is None else f"{size_words(space.of.size)} are restored"
    return "restored elsewhere" if any(space.of.oid == of.oid for of in layout.tablespaces) else "not in the backup"
