"""``scratch FOLDER SNAPSHOT STORED BEGAN BYTES RESTIC…``: restore a snapshot once, compare it, and remove it again.

Prints what ``bring`` found, and how long it took; ends as ``bring`` does, and with 6 where the folder cannot be had.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from actions.machine.scratch_folder import NOT_HAD, CannotHave, scratch_folder
from actions.systems.files.programs.bring import bring
from actions.systems.files.programs.comparing import CannotRead, failed, say


def try_once(folder: Path, snapshot: str, stored: str, began: float, size: int, restic: list[str]) -> dict[str, Any]:
    """Restore the snapshot into the folder, compare every file, and remove all of it, whatever it came to.

    Args:
        folder: a folder of its own.
        snapshot, stored, began, size, restic: see `bring`.

    Raises:
        CannotHave: the folder cannot be used.
        CannotRead: the snapshot cannot be read.
        SystemExit: what was restored differs.
    """
    with scratch_folder(folder):
        return bring(folder / "snapshot", snapshot, stored, began, size, restic)


if __name__ == "__main__":
    at, id_, path, since, total, *command = sys.argv[1:]
    try:
        say(try_once(Path(at), id_, path, float(since), int(total), command), command)
    except CannotRead as error:
        failed(str(error), 4, command)
    except CannotHave as error:
        failed(error.message, NOT_HAD, command)
