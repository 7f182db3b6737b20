"""Removes backups from a repository: ``python -m …repository.remove FOLDER ID…``, on the host where it lies.

Each loses its name first, so that what is half removed is taken for no backup; should this be killed, the next backup
removes the rest. Exit status 0: all are gone; 1: some are not, the reason is on standard error.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from actions.backups.repository.entry import INCOMPLETE, is_id
from actions.backups.repository.writing import locked, remove_incomplete
from journal.errors import CleoError


def main(shelf: str, ids: Sequence[str]) -> int:
    """Remove backups of one system; return the exit status."""
    try:
        with locked(Path(shelf)):
            remove_incomplete(Path(shelf))
            for backup in ids:
                _remove(Path(shelf), backup)
    except CleoError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _remove(shelf: Path, backup: str) -> None:
    if not is_id(backup) or not (shelf / backup).is_dir():
        return
    gone = (shelf / backup).rename(shelf / f"{INCOMPLETE}{backup}")
    shutil.rmtree(gone)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
