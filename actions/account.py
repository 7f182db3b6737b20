"""Who we are on this machine, also where nobody has written that down: no passwd entry, no HOME."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from journal.errors import CleoError


class NoHome(CleoError):
    """A path begins with ``~``, and our account has no home folder."""


def user_name() -> str:
    """Return our account's name; where it has none, its number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's made-up account; KeyError up to Python 3.12
        return f"uid{os.getuid()}"


def expanded(path: str, hint: str = "") -> Path:
    """Return a path with a leading ``~`` made our home folder.

    Args:
        path: as it is written.
        hint: what to do where we have none; by default, to write the whole path or set HOME.

    Raises:
        NoHome: we have none, or there is no such account.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        whose = path.split("/", 1)[0].removeprefix("~")
        if whose:
            raise NoHome(
                f"{path} means the home folder of account {whose}, which is not known here.", "Write the whole path."
            ) from None
        raise NoHome(
            f"{path} means a home folder, and there is none: HOME is not set, and account {os.getuid()} has no "
            "entry in /etc/passwd.",
            hint or "Set HOME, or write the whole path.",
        ) from None
