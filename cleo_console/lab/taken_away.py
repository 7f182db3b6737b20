"""A file or folder that somebody moved: what needed it works on, until it is needed again."""

from __future__ import annotations

from pathlib import Path

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.service import Done
from journal.errors import CleoError

_SUFFIX = ".taken-away"


def take_away(path: Path, what: str) -> Done:
    """Move a file or folder aside, under a name that nothing looks at.

    Args:
        path: the file or folder.
        what: what it is, in words.

    Raises:
        CleoError: it is not there any more.
    """
    if not path.exists():
        raise CleoError(f"{path} is not there any more.", f"Put it back: mv {path}{_SUFFIX} {path}")
    at, aside = utc_now(), Path(f"{path}{_SUFFIX}")
    path.rename(aside)
    return f"Moved {what} away, to {aside}.", {"at": at, "path": str(path), "aside": str(aside)}
