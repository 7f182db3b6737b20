"""What is in a lab's file store: model states, uploads, and of everything that a restore must bring back one."""

from __future__ import annotations

import contextlib
import os
import random
import uuid
from pathlib import Path

from cleo_console.lab.files.place import MARKER, Place

SMALL_BYTES = 3_000_000
_MODELS = 6
_UPLOADS = 60
_WORDS = ["model", "state", "weights", "layer", "user", "conversation", "upload", "cleo"]


def fill(place: Place, size: int | None) -> None:
    """Make the store and everything in it, and give it to its owner.

    Args:
        place: the store.
        size: bytes of it; None means the small set.
    """
    directory, dice = place.directory, random.Random(20240115)
    for name in ("models", "uploads", "tmp"):
        (directory / name).mkdir(parents=True)
    (directory / MARKER).write_text(f"{uuid.uuid4().hex}\n")
    each = (size or SMALL_BYTES) // _MODELS
    for number in range(_MODELS):
        _model(directory / "models" / f"state-{number:03d}.bin", each, dice)
    for number in range(_UPLOADS):
        text = " ".join(dice.choices(_WORDS, k=200))
        (directory / "uploads" / f"letter-{number:03d}.txt").write_text(f"{number} {text}\n")
    _peculiar(directory)
    _give(place)


def _model(path: Path, size: int, dice: random.Random) -> None:
    """Write a model's state: half of it repeats itself, as many weights are zero."""
    half = size // 2
    with path.open("wb") as file:
        for begin in range(0, half, 1 << 20):
            piece = min(1 << 20, half - begin)
            file.write(dice.randbytes(piece))
            file.write(b"\0" * piece)


def _peculiar(directory: Path) -> None:
    """Add a link, a hard link, permissions of its own, an extended attribute, and names that are no plain words."""
    (directory / "models" / "current").symlink_to("state-005.bin")
    os.link(directory / "models" / "state-000.bin", directory / "models" / "first.bin")
    (directory / "models" / "state-001.bin").chmod(0o640)
    (directory / "uploads" / "Änderung & 'quotes'.txt").write_text("a name that shells dislike\n")
    (directory / "uploads" / "empty").touch()
    with contextlib.suppress(OSError):  # not every file system has them
        os.setxattr(directory / "models" / "state-002.bin", "user.cleo.run", b"run-17")


def _give(place: Place) -> None:
    for folder, folders, files in os.walk(place.directory):
        for name in ("", *folders, *files):
            os.chown(Path(folder, name), place.owner.uid, place.owner.gid, follow_symlinks=False)
    place.directory.chmod(0o750)


def marker(place: Place) -> str:
    """Return what the store's marker says; empty where it is lost."""
    try:
        return (place.directory / MARKER).read_text().strip()
    except OSError:
        return ""
