"""The folder of one service in a lab, and how to run a program in it as the service's account."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cleo_console import settings
from cleo_console.lab.account import Account
from cleo_console.lab.station import HERE, Station
from journal.errors import CleoError

TAG = "CLEO_LAB"
"""Environment variable that every process of a lab carries: the folder of the service that it belongs to."""

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def inventory_path(lab: Path) -> Path:
    """What the console reads to reach the lab in this folder."""
    return lab / "inventory.yaml"


@dataclass(frozen=True)
class Workspace:
    """One service's folder, named after the service, inside the lab's.

    Args:
        lab: the lab's folder, absolute and resolved.
        name: the service's name.
        account: who its programs run as.
        station: where they run on the network.
    """

    lab: Path
    name: str
    account: Account
    station: Station = field(default=HERE, kw_only=True)

    @property
    def directory(self) -> Path:
        """The service's folder."""
        return self.lab / self.name

    @property
    def run_directory(self) -> Path:
        """Sockets, pid files and locks; nobody but the service's account enters it."""
        return self.directory / "run"

    @property
    def secrets(self) -> Path:
        """Passwords, one file each."""
        return self.directory / "secrets"

    def log(self, name: str) -> Path:
        """The log file of one of the service's processes."""
        return self.directory / "log" / f"{name}.log"

    @property
    def environment(self) -> dict[str, str]:
        """A fresh environment: nothing of the caller's (PGHOST, PGBACKREST_REPO1_PATH…) may lead out of the lab."""
        return {"PATH": SYSTEM_PATH, "HOME": str(self.run_directory), "LANG": "C.UTF-8", TAG: str(self.directory)}

    def make(self, served: Sequence[str] = ()) -> None:
        """Make the folder with bin, secrets, run and log in it.

        Args:
            served: further folders in it, which belong to the service's account as run and log do.

        Raises:
            CleoError: the service's account cannot enter the folder.
        """
        owned = ("run", "log", *served)
        self.directory.mkdir(mode=0o755, exist_ok=True)
        self.directory.chmod(0o755)
        for name in ("bin", "secrets", *owned):
            (self.directory / name).mkdir(mode=0o755, exist_ok=True)
            (self.directory / name).chmod(0o700 if name == "run" else 0o755)
        for name in owned:
            os.chown(self.directory / name, self.account.uid, self.account.gid)
        self._check_entry()

    def run(
        self, argv: Sequence[str], *, stdin: str = "", environment: dict[str, str] | None = None, timeout: float = 60.0
    ) -> str:
        """Run a program as the service's account, inside its folder, and return what it printed.

        Args:
            argv: program and arguments.
            stdin: text for its standard input.
            environment: further environment variables.
            timeout: seconds until it is killed.

        Raises:
            CleoError: it failed or took too long.
        """
        name = Path(argv[0]).name
        command, identity = self.station.inside(argv, self.account)
        try:
            done: subprocess.CompletedProcess[str] = subprocess.run(
                command,
                input=stdin,
                text=True,
                capture_output=True,
                timeout=timeout,
                check=False,
                cwd=self.directory,
                env={**self.environment, **(environment or {})},
                **identity,
            )
        except subprocess.TimeoutExpired as error:
            raise CleoError(f"{name} did not finish within {timeout:g} s.", self._where_to_look()) from error
        except OSError as error:
            raise CleoError(f"{name} cannot be started: {error}.", self._where_to_look()) from error
        if done.returncode:
            raise CleoError(f"{name} failed with status {done.returncode}: {_tail(done)}", self._where_to_look())
        return done.stdout

    def spawn(self, argv: Sequence[str], log: Path) -> None:
        """Start a program as the service's account, detached: no terminal, no parent to wait for it."""
        with log.open("ab") as output:
            os.chown(log, self.account.uid, self.account.gid)
            command, identity = self._detached(argv)
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=True,
                cwd=self.directory,
                env=self.environment,
                **identity,
            )

    def _detached(self, argv: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
        """Return what starts a program in a session of its own, as `subprocess` takes it."""
        command = ["setsid", "--fork", *argv]
        return (
            self.station.inside(command, self.account) if self.station.namespace else (command, self.account.identity)
        )

    def _check_entry(self) -> None:
        """Try it, as the account itself: modes alone do not tell (ACLs, mounts)."""
        if not self.account.name:
            return
        test = ["test", "-x", f"{self.run_directory}/."]
        if subprocess.run(test, check=False, cwd="/", **self.account.identity).returncode:
            raise CleoError(
                f"The servers run as `{self.account.name}`, and that account cannot enter {self.lab}.",
                f"Choose a folder whose parents others may enter, such as --dir {settings.SYSTEM_LAB}.",
            )

    def _where_to_look(self) -> str:
        return f"See {self.directory / 'log'}; `cleo lab down` removes the lab."


def write_readable(path: Path, text: str) -> None:
    """Write a file that every account can read, whatever our umask is."""
    path.write_text(text)
    path.chmod(0o644)


def write_secret(path: Path, text: str, uid: int, gid: int) -> None:
    """Write a file that from its first moment nobody but its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchown(descriptor, uid, gid)
        file.write(f"{text}\n")


def _tail(done: subprocess.CompletedProcess[str]) -> str:
    """The last lines of a program that failed: what it said on stderr, else on stdout."""
    text = done.stderr.strip() or done.stdout.strip() or "it printed nothing"
    return " / ".join(line.strip() for line in text.splitlines()[-4:])
