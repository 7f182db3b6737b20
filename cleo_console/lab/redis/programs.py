"""The programs that Redis in a lab needs, and the account it runs as."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

from cleo_console.lab.account import Account
from cleo_console.lab.workspace import SYSTEM_PATH
from journal.errors import CleoError

PACKAGE = "redis-server"
PROGRAMS = ("redis-server", "redis-cli", "redis-check-rdb", "redis-check-aof")


def find_programs(path: str = "") -> str:
    """Return the folder that holds Redis' programs, or say how to install them.

    Args:
        path: where to look; empty means this process's PATH, then the system's.

    Raises:
        CleoError: a program is missing.
    """
    where = path or f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"
    found = {name: shutil.which(name, path=where) for name in PROGRAMS}
    if missing := [name for name, place in found.items() if not place]:
        sudo = "" if os.geteuid() == 0 else "sudo "
        raise CleoError(
            f"The lab needs programs that are not installed: {', '.join(missing)}.",
            f"Install them: {sudo}apt-get install --no-install-recommends {PACKAGE}",
        )
    return str(Path(str(found["redis-server"])).parent)


def service_account() -> Account:
    """The account for the servers: `redis` when we are root, else ourselves.

    Raises:
        CleoError: we are root and there is no such account.
    """
    if os.geteuid() != 0:
        return Account("", os.geteuid(), os.getegid())
    try:
        entry = pwd.getpwnam("redis")
    except KeyError as error:
        raise CleoError(
            "There is no account `redis` to run the lab's servers as.",
            "Create it (adduser --system --group redis), or start the lab as an ordinary user.",
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
