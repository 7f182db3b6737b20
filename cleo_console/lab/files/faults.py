"""What can be broken in a lab's file store. Each is done for real."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from cleo_console.lab.files.intruder import intrude
from cleo_console.lab.files.place import Place
from cleo_console.lab.service import Done, FaultKind
from journal.errors import CleoError

_DELETED = 7
_LOCK_S = 30.0


def lose_data(place: Place) -> Done:
    """Remove the whole tree."""
    _require_there(place)
    at = _now()
    shutil.rmtree(place.directory)
    return f"{place.directory} was removed with everything in it", {"at": at}


def flip_byte(place: Place) -> Done:
    """Change one byte of a model's state, as a bad disk does: the file's times stay."""
    path = place.directory / "models" / "state-003.bin"
    seen = _stat(path)
    _flip(path, seen.st_size // 3)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    return f"byte {seen.st_size // 3} of {path} was changed, its times were not", {"path": str(path)}


def delete_some(place: Place) -> Done:
    """Delete files that no application deletes."""
    _require_there(place)
    at = _now()
    gone = sorted((place.directory / "uploads").glob("letter-*.txt"))[:_DELETED]
    for path in gone:
        path.unlink()
    return f"{len(gone)} uploads were deleted", {"at": at, "paths": [str(path) for path in gone]}


def ransom(place: Place) -> Done:
    """Overwrite every file with random bytes, and leave a letter."""
    _require_there(place)
    at, number = _now(), 0
    for path in place.directory.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.write_bytes(os.urandom(max(path.stat().st_size, 1)))
            number += 1
    (place.directory / "READ_ME_TO_GET_THEM_BACK.txt").write_text("Your files are encrypted.\n")
    return f"{number} files were overwritten with random bytes", {"at": at}


def stale_lock(place: Place) -> Done:
    """Kill a restic that holds its lock."""
    locks = place.repository / "locks"
    before = set(locks.iterdir())
    argv = place.restic_argv("backup", "--stdin", "--stdin-filename", "never")
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + _LOCK_S
        while set(locks.iterdir()) <= before and process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    if set(locks.iterdir()) <= before:
        raise CleoError("restic took no lock.", f"See whether {place.repository} is there.")
    return f"restic, process {process.pid}, was killed while it held a lock on the repository", {"pid": process.pid}


def damage_pack(place: Place) -> Done:
    """Take a snapshot with something new in it, and change a byte of what only that snapshot needs."""
    _require_there(place)
    new = place.directory / "models" / f"state-{int(time.time())}.bin"
    new.write_bytes(os.urandom(400_000))
    os.chown(new, place.owner.uid, place.owner.gid)
    before = _packs(place)
    place.take_snapshot()
    packs = _packs(place) - before
    if not packs:
        raise CleoError("The snapshot added nothing.", "Try it again.")
    pack = max(packs, key=lambda path: path.stat().st_size)
    pack.chmod(0o600)
    _flip(pack, pack.stat().st_size // 2)
    return f"a byte of {pack} was changed: the newest snapshot cannot be read to its end", {"path": str(pack)}


def _packs(place: Place) -> set[Path]:
    return {path for path in (place.repository / "data").rglob("*") if path.is_file()}


def _flip(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 0xFF]))


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except FileNotFoundError:
        raise CleoError(f"{path} is not there.", "Restore the store first.") from None


def _require_there(place: Place) -> None:
    if not place.directory.is_dir():
        raise CleoError(f"{place.directory} is not there.", "Restore the store first.")


def _now() -> str:
    return datetime.now(UTC).isoformat()


FAULTS = (
    FaultKind("lose-data", "remove the whole tree", lose_data, total=True),
    FaultKind("flip-byte", "change one byte of a file, and leave its times", flip_byte),
    FaultKind("delete-some", "delete some uploads", delete_some),
    FaultKind("ransom", "overwrite every file with random bytes", ransom),
    FaultKind("stale-lock", "kill a restic that holds a lock on the repository", stale_lock),
    FaultKind("damage-pack", "take a snapshot, and damage what only that needs", damage_pack),
    FaultKind("intruder", "leave a web shell, a setuid program and a key, which a snapshot holds", intrude),
)
