"""The small System V segment by which PostgreSQL guards a data directory: a killed server leaves it behind."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

SEGMENTS = Path("/proc/sysvipc/shm")


class Segment(NamedTuple):
    """One row of the kernel's list: key, identifier, creator's pid, attached processes, owner."""

    key: int
    shmid: int
    creator: int
    attached: int
    uid: int


def remove_left_segments(
    notes: Iterable[str], data_directories: Iterable[Path], creators: Iterable[int], uid: int
) -> list[int]:
    """Remove the segments that a lab's servers left, and return their identifiers.

    Args:
        notes: `key shmid` lines as in line 7 of a postmaster.pid.
        data_directories: the lab's data directories that still exist; PostgreSQL takes their inode for a key.
        creators: pids of servers of this lab that have just been ended.
        uid: the lab's account; nobody else's segment is ever touched, nor one that is in use.
    """
    noted = {_note(line) for line in notes}
    keys = {each.stat().st_ino & 0xFFFFFFFF for each in data_directories}
    made = set(creators)
    left = [each for each in _segments() if each.uid == uid and each.attached == 0]
    ours = [each.shmid for each in left if (each.key, each.shmid) in noted or each.key in keys or each.creator in made]
    for shmid in ours:
        subprocess.run(["ipcrm", "--shmem-id", str(shmid)], check=True, capture_output=True)
    return ours


def _note(line: str) -> tuple[int, int]:
    fields = line.split()
    valid = len(fields) == 2 and all(each.isdigit() for each in fields)
    return (int(fields[0]) & 0xFFFFFFFF, int(fields[1])) if valid else (-1, -1)


def _segments() -> list[Segment]:
    """The kernel's list, see proc_sysvipc_shm in proc(5): key, shmid, perms, size, cpid, lpid, nattch, uid…"""
    rows = [line.split() for line in SEGMENTS.read_text().splitlines()[1:]]
    return [Segment(int(row[0]) & 0xFFFFFFFF, *(int(row[n]) for n in (1, 4, 6, 7))) for row in rows]
