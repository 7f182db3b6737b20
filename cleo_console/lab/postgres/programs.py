"""The programs that PostgreSQL in a lab needs, and the account it runs as."""

from __future__ import annotations

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from cleo_console.lab.account import Account
from cleo_console.lab.workspace import SYSTEM_PATH
from journal.errors import CleoError

DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
PREFERRED_VERSION = "15"
SERVER_PROGRAMS = ("initdb", "pg_ctl", "postgres", "psql")


@dataclass(frozen=True)
class Programs:
    """Where the programs are.

    Args:
        bin_directory: PostgreSQL's own programs, all of one version.
        pgbackrest: the backup program.
    """

    bin_directory: Path
    pgbackrest: Path

    @property
    def version(self) -> str:
        """PostgreSQL's major version, as Debian's folder names it."""
        return self.bin_directory.parent.name

    def server(self, name: str) -> str:
        """The path of one of PostgreSQL's own programs."""
        return str(self.bin_directory / name)


def find_programs(root: Path = DEBIAN_POSTGRES, path: str = "") -> Programs:
    """Find the programs, or say which are missing and how to install them.

    Args:
        root: the folder that holds one folder a PostgreSQL version.
        path: where to look for pgBackRest; empty means this process's PATH, then the system's.

    Raises:
        CleoError: a program is missing.
    """
    directories = _version_directories(root)
    pgbackrest = shutil.which("pgbackrest", path=path or f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")
    missing = [] if directories else [f"postgresql-{PREFERRED_VERSION}"]
    missing += [] if pgbackrest else ["pgbackrest"]
    if missing or not pgbackrest:
        sudo = "" if os.geteuid() == 0 else "sudo "
        raise CleoError(
            f"The lab needs programs that are not installed: {', '.join(missing)}.",
            f"Install them: {sudo}apt-get install --no-install-recommends {' '.join(missing)}",
        )
    return Programs(directories[0], Path(pgbackrest))


def _version_directories(root: Path) -> list[Path]:
    """Complete installations under `root`: the preferred version first, then the newest."""
    found = [each for each in root.glob("*/bin") if all((each / name).exists() for name in SERVER_PROGRAMS)]
    return sorted(found, key=_preference, reverse=True)


def _preference(directory: Path) -> tuple[bool, int]:
    version = directory.parent.name
    return version == PREFERRED_VERSION, int(version) if version.isdigit() else 0


def service_account() -> Account:
    """The account for the servers: `postgres` when we are root (PostgreSQL refuses to run as root), else ourselves.

    Raises:
        CleoError: we are root and there is no such account.
    """
    if os.geteuid() != 0:
        return Account("", os.geteuid(), os.getegid())
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError as error:
        raise CleoError(
            "There is no account `postgres` to run the lab's servers as, and PostgreSQL refuses to run as root.",
            "Create it (adduser --system --group postgres), or start the lab as an ordinary user.",
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
