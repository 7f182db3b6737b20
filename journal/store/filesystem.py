"""Which file systems a journal may be kept on: those of this machine's own disks."""

from __future__ import annotations

import os
import re
from pathlib import Path

from journal.store.errors import NetworkFilesystem

MOUNTS = Path("/proc/self/mountinfo")

# Locks across machines, or shared memory between them, cannot be relied on (https://sqlite.org/wal.html: "WAL does
# not work over a network filesystem"). FUSE filesystems that are networks carry their name after the dot.
_NETWORK = re.compile(
    "nfs4?|cifs|smb3|smbfs|ncpfs|afs|coda|ceph|glusterfs|lustre|gfs2|ocfs2|beegfs|9p|virtiofs|davfs"
    r"|fuse\.(sshfs|glusterfs|ceph|s3fs|rclone|gcsfuse|davfs2|mount-s3)"
)
_MEMORY = frozenset({"tmpfs", "ramfs"})


def filesystem_of(path: Path) -> str:
    """Return the type of the filesystem that a path is on, as the kernel names it.

    Raises:
        OSError: the kernel's list of mounts cannot be read.
    """
    place = os.fspath(path.resolve())
    best, found = -1, "unknown"
    for line in MOUNTS.read_text().splitlines():
        before, _, after = line.partition(" - ")
        mount = _unescape(before.split()[4])
        if len(mount) >= best and (place + "/").startswith(mount.rstrip("/") + "/"):
            best, found = len(mount), after.split()[0]
    return found


def _unescape(mount: str) -> str:
    """Undo the kernel's octal escapes of space, tab, newline and backslash."""
    for code in ("\\040", "\\011", "\\012", "\\134"):
        mount = mount.replace(code, chr(int(code[1:], 8)))
    return mount


def check_place(folder: Path) -> list[str]:
    """Return warnings about keeping a journal in this folder, for a person to read.

    Raises:
        NetworkFilesystem: it must not be kept there.
        OSError: the kernel's list of mounts cannot be read.
    """
    kind = filesystem_of(folder)
    if _NETWORK.fullmatch(kind):
        raise NetworkFilesystem(
            f"The folder {folder} is on a network filesystem ({kind}), where a journal can lose acknowledged events.",
            "Keep journals on a disk of this machine (set XDG_STATE_HOME), and share exports.",
        )
    if kind in _MEMORY:
        return [f"The folder {folder} is in memory ({kind}): this journal does not survive a restart of the machine."]
    return []
