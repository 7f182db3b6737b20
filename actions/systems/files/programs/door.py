"""``door close DIRECTORY INCIDENT``, ``door open DIRECTORY``: keep all but root out of a store, or let them in.

The top directory is given to root and closed to all others: nobody reaches a file below it by its path then. Who owned
it, and its mode, are written beside it first. Files that are open already stay so: ``look`` names who has them.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

from actions.systems.files.programs.records import DOOR, now, read_record, remove_record, write_record

CLOSED = 0o700


def close(directory: Path, incident: str) -> dict[str, Any]:
    """Close the door; a closed one stays so. A directory that is missing is closed once it is restored."""
    if os.geteuid() != 0:
        raise SystemExit("only root can keep the account that owns a directory out of it")
    record = read_record(directory, DOOR)
    if record is None:
        record = {"incident": incident, "at": now(), **_as_it_is(directory)}
        write_record(directory, DOOR, record)
    shut(directory, record)
    return {"closed": True, "tried": tried(directory, record)}


def _as_it_is(directory: Path) -> dict[str, Any]:
    try:
        seen = directory.stat()
    except FileNotFoundError:
        return {"mode": None, "uid": None, "gid": None, "inode": None}
    inode = [seen.st_dev, seen.st_ino]
    return {"mode": stat.S_IMODE(seen.st_mode), "uid": seen.st_uid, "gid": seen.st_gid, "inode": inode}


def shut(directory: Path, record: dict[str, Any]) -> None:
    """Close a directory that may be there; whose it was must be in the record before."""
    if record["mode"] is not None and directory.is_dir():
        os.chown(directory, 0, 0)
        directory.chmod(CLOSED)


def shut_restored(directory: Path, restored: Path) -> bool:
    """Where the door is closed, close a restored tree that is about to take the directory's place.

    It then opens to whoever owns it in the snapshot, in which the top directory is as it was.

    Returns:
        whether the door is closed.
    """
    record = read_record(directory, DOOR)
    if record is None:
        return False
    found = _as_it_is(restored)
    snapshot_of_closed = (found["uid"], found["mode"]) == (0, CLOSED) and record["mode"] is not None
    if found["inode"] != record["inode"] and not snapshot_of_closed:
        write_record(directory, DOOR, {**record, **found})
    shut(restored, {"mode": CLOSED})
    return True


def tried(directory: Path, record: dict[str, Any]) -> str:
    """Try to enter as the account that owned the directory; return how that went: refused, entered or not tried."""
    if not record["uid"] or not directory.is_dir():
        return "not tried"
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(record["gid"])
            os.setuid(record["uid"])
            next(directory.iterdir(), None)
            os._exit(0)
        except PermissionError:
            os._exit(3)
        except BaseException:  # noqa: BLE001  # a child must never run on into its parent's code
            os._exit(4)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return {0: "entered", 3: "refused"}.get(code, "not tried")


def open_(directory: Path) -> dict[str, Any]:
    """Open the door: the directory gets its owner and mode back."""
    record = read_record(directory, DOOR)
    if record and record["mode"] is not None and directory.is_dir():
        os.chown(directory, record["uid"], record["gid"])
        directory.chmod(record["mode"])
    remove_record(directory, DOOR)
    return {"closed": False}


if __name__ == "__main__":
    at = Path(sys.argv[2])
    print(json.dumps(close(at, sys.argv[3]) if sys.argv[1] == "close" else open_(at)))
