"""Where everything of a lab's file store lies, and how restic is called there."""

from __future__ import annotations

import json
import os
import pwd
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleo_console.lab.account import Account
from cleo_console.lab.station import HERE, Station
from cleo_console.lab.workspace import SYSTEM_PATH, Workspace, write_readable
from journal.errors import CleoError

SCRIPTS = Path(__file__).parent / "scripts"
WRITER, SCHEDULE, SNAPSHOT = "uploads.sh", "schedule.sh", "snapshot.sh"
APPLICATION = "www-data"
"""The account that the store belongs to where the lab is root's; every Debian has it."""
SNAPSHOT_HOST = "files1"
MARKER = ".store-id"


@dataclass(frozen=True)
class Place:
    """One file store of a lab.

    Args:
        lab: the lab's folder.
        name: the store's name.
        restic: the program.
        station: where it lies on the network.
    """

    lab: Path
    name: str
    restic: str
    station: Station = HERE

    @property
    def owner(self) -> Account:
        """The account that the store belongs to: ourselves, or a lesser one where we are root."""
        if os.geteuid() != 0:
            return Account("", os.geteuid(), os.getegid())
        entry = pwd.getpwnam(APPLICATION)
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)

    @property
    def application(self) -> Workspace:
        """The folder, for what runs as the owner."""
        return Workspace(self.lab, self.name, self.owner, station=self.station)

    @property
    def keeper(self) -> Workspace:
        """The folder, for what runs as we do: snapshots keep every file's owner."""
        return Workspace(self.lab, self.name, Account("", os.geteuid(), os.getegid()), station=self.station)

    @property
    def directory(self) -> Path:
        """The store."""
        return self.lab / self.name / "srv" / "files"

    @property
    def repository(self) -> Path:
        """restic's repository."""
        return self.lab / self.name / "repository"

    @property
    def password_file(self) -> Path:
        """restic's password."""
        return self.keeper.secrets / "restic"

    @property
    def hold_file(self) -> Path:
        """While it exists no snapshot is taken by schedule."""
        return self.lab / self.name / "hold"

    def restic_argv(self, *words: str) -> list[str]:
        """Return a restic command line."""
        place = ["--repo", str(self.repository), "--password-file", str(self.password_file), "--no-cache"]
        return [self.restic, *place, *words]

    def ask_restic(self, *words: str) -> str:
        """Run restic, and return what it printed.

        Raises:
            CleoError: it failed.
        """
        return self.keeper.run(self.restic_argv(*words), timeout=3600)

    def take_snapshot(self) -> None:
        """Take a snapshot, as the schedule does."""
        self.keeper.run(["sh", f"bin/{SNAPSHOT}"], timeout=3600)

    def snapshots(self) -> list[dict[str, Any]]:
        """Return the snapshots as restic lists them."""
        found: list[dict[str, Any]] = json.loads(self.ask_restic("snapshots", "--json", "--no-lock") or "[]") or []
        return found

    def install_scripts(self, backup_minutes: float) -> None:
        """Copy the scripts to where the owner's account can read them."""
        for name in (WRITER, SCHEDULE, SNAPSHOT):
            write_readable(self.keeper.directory / "bin" / name, (SCRIPTS / name).read_text())
        settings = {
            "STORE": self.directory,
            "RESTIC": self.restic,
            "REPOSITORY": self.repository,
            "PASSWORD_FILE": self.password_file,
            "SNAPSHOT_HOST": SNAPSHOT_HOST,
            "HOLD": self.hold_file,
            "SNAPSHOT_SECONDS": f"{backup_minutes * 60:.0f}",
        }
        text = "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in settings.items())
        write_readable(self.keeper.directory / "bin" / "lab.env", text)


def find_restic() -> str:
    """Return where restic is.

    Raises:
        CleoError: it is not installed.
    """
    found = shutil.which("restic", path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")
    if found:
        return found
    sudo = "" if os.geteuid() == 0 else "sudo "
    raise CleoError(
        "The lab needs a program that is not installed: restic.",
        f"Install it: {sudo}apt-get install --no-install-recommends restic",
    )
