"""Faults of the copies in the second place, and of what they are made from: what one only notices when it is needed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from actions.backups.engine import BackupEngine, CopiedOffsite
from actions.backups.offsite.index import Index, load_index
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import in_bucket
from actions.backups.unattended.lock import NAME as LOCK
from actions.backups.unattended.lock import Holder, holder_of
from actions.system_type import load
from actions.system_types import system_type
from cleo_console import settings
from cleo_console.lab.inventory import NAME as INVENTORY
from cleo_console.lab.second_place.place import SecondPlace
from cleo_console.lab.service import Done, FaultKind, Instance
from cleo_console.lab.workspace import inventory_path
from journal.errors import CleoError
from journal.structs import from_json

_SYNC_S, _LOCK_S, _TRIES = 600.0, 60.0, 5


class Copy(NamedTuple):
    """One system's copy in the second place."""

    place: SecondPlace
    system: str


def delete_object(copy: Copy) -> Done:
    """Delete the largest file of the newest backup from the second place, as a rule of its owner may."""
    index, name = _newest_file(copy)
    copy.place.delete(f"{copy.system}/{name}")
    what = f"Deleted {name} of {copy.system} from the second place; the newest backup there is {index.newest}."
    return what, {"object": name, "label": index.newest}


def truncate_object(copy: Copy) -> Done:
    """Cut the largest file of the newest backup in the second place to its half."""
    index, name = _newest_file(copy)
    storage, at = copy.place.storage, f"{copy.system}/{name}"
    content = storage.read(at)
    storage.put_bytes(at, content[: len(content) // 2])
    what = f"Cut {name} of {copy.system} in the second place to its half; the newest backup there is {index.newest}."
    return what, {"object": name, "label": index.newest, "bytes": len(content) // 2}


def empty_source(copy: Copy) -> Done:
    """Remove all that a system's repository holds, once it was copied: the next sync finds nothing."""
    folder = _copied(copy).source
    first = copy.place.first
    if in_bucket(folder) and first:
        storage = open_storage(replace(first, place=folder))
        for name in storage.sizes(""):
            storage.remove(name)
    else:
        for path in Path(folder).iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return f"Emptied {folder}, the repository of {copy.system}; its copy is in the second place.", {"folder": folder}


def leave_lock(copy: Copy) -> Done:
    """Kill a sync in the middle: its lock is left, with its name in it."""
    folder = settings.home() / "backups" / INVENTORY / copy.system / "offsite"
    for _ in range(_TRIES):
        if holder := _killed_sync(copy, folder):
            what = f"Killed a sync of {copy.system} (process {holder.pid}) in the middle; its lock is left in {folder}."
            return what, {"pid": holder.pid, "folder": str(folder)}
    raise CleoError("No sync could be killed before it was over.", "Try it again.")


FAULTS = (
    FaultKind("deleted-object", "delete a file of the newest backup from the second place", delete_object),
    FaultKind("truncated-object", "cut a file of the newest backup in the second place to its half", truncate_object),
    FaultKind("emptied-source", "empty the repository that the second place is copied from", empty_source),
    FaultKind("dead-lock", "kill a sync to the second place, so that its lock is left", leave_lock),
)
"""Each is done for real, to one system's copy, a `Copy`."""


def is_of_copy(how: str) -> bool:
    """Whether a fault is one of these, which stop no server."""
    return any(kind.how == how for kind in FAULTS)


def faults_of(instance: Instance) -> tuple[FaultKind, ...]:
    """What can be broken of a service's copy; nothing where its backups are not copied file by file."""
    where = system_type(instance.type).backups
    if instance.standby_of or not where:
        return ()
    engine: BackupEngine = load(where)
    return FAULTS if isinstance(engine, CopiedOffsite) else ()


def _newest_file(copy: Copy) -> tuple[Index, str]:
    """Return what was copied, and the largest file of the newest backup; of one that has none of its own, of all."""
    index, there = _copied(copy), copy.place.storage.sizes(f"{copy.system}/")
    left = [name for name in index.files if f"{copy.system}/{name}" in there]
    files = [name for name in left if index.newest in name.split("/")] or left
    if not files:
        raise CleoError(
            f"Nothing is left of the copy of {copy.system}.", "Copy it: cleo backup run --type offsite-sync"
        )
    return index, max(files, key=lambda name: (index.files[name].size, name))


def _copied(copy: Copy) -> Index:
    """Return what was copied; where nothing was yet, it is copied now.

    Raises:
        CleoError: it cannot be.
    """
    index = load_index(copy.place.storage, copy.system)
    if index and index.backups:
        return index
    done = subprocess.run(_argv(copy), env=_environment(copy), capture_output=True, text=True, timeout=_SYNC_S)
    index = load_index(copy.place.storage, copy.system)
    if done.returncode or index is None:
        raise CleoError(f"Nothing of {copy.system} is in the second place, and nothing can be copied: {done.stdout}")
    return index


def _killed_sync(copy: Copy, folder: Path) -> Holder | None:
    """Start a sync, and kill it when it holds its lock; None: it was over before."""
    sync = subprocess.Popen(
        _argv(copy),
        env=_environment(copy),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + _LOCK_S
    try:
        while sync.poll() is None and time.monotonic() < end:
            if _named_in(folder) == sync.pid:
                break
            time.sleep(0.005)
    finally:
        sync.send_signal(signal.SIGKILL)
        sync.wait()
    left = holder_of(folder)
    return left[0] if left and left[0].pid == sync.pid and not left[1] else None


def _named_in(folder: Path) -> int:
    """Return who a lock says that it has; 0: nobody. The lock itself is not touched, or its taker would be refused."""
    try:
        return from_json((folder / LOCK).read_bytes(), Holder).pid
    except (OSError, msgspec.DecodeError):
        return 0


def _argv(copy: Copy) -> list[str]:
    return [sys.executable, "-m", "cleo_console", "backup", "run", "--type", "offsite-sync", "--system", copy.system]


def _environment(copy: Copy) -> dict[str, str]:
    """What the command goes by: the lab's inventory, and where whoever breaks this keeps what is noted."""
    return {**os.environ, "CLEO_INVENTORY": str(inventory_path(copy.place.lab)), "CLEO_HOME": str(settings.home())}
