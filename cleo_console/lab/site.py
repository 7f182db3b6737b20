"""One lab's folder: what lies where, and how to run a program inside it as the lab's account."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleo_console.lab.programs import SYSTEM_PATH, Account, Programs
from journal.errors import CleoError

TAG = "CLEO_LAB"
"""Environment variable that every process of a lab carries: the lab's folder."""

DATABASE = "cleoai"
STANZA = "cleoai"


@dataclass(frozen=True)
class Site:
    """A lab's folder and everything needed to run a program in it.

    Args:
        directory: the lab's own folder, absolute and resolved.
        account: who the servers run as.
        programs: where the programs are.
        port: PostgreSQL's port on 127.0.0.1.
    """

    directory: Path
    account: Account
    programs: Programs
    port: int

    @property
    def data_directory(self) -> Path:
        """PostgreSQL's data directory."""
        return self.directory / "pg" / "data"

    @property
    def run_directory(self) -> Path:
        """Sockets, pid files and locks; nobody but the lab's account enters it."""
        return self.directory / "run"

    @property
    def repository(self) -> Path:
        """The backup repository, the only place this lab archives to."""
        return self.directory / "repo"

    @property
    def manifests(self) -> Path:
        """One JSON file a backup: each table's count and digest."""
        return self.directory / "manifests"

    @property
    def hold_file(self) -> Path:
        """While this file exists, no scheduled backup and no expiry takes place."""
        return self.run_directory / "hold"

    @property
    def backup_config(self) -> Path:
        """The configuration file of pgBackRest."""
        return self.directory / "pgbackrest.conf"

    @property
    def inventory(self) -> Path:
        """What the console reads to reach this lab."""
        return self.directory / "inventory.yaml"

    @property
    def faults(self) -> Path:
        """One JSON line a fault that was injected."""
        return self.directory / "faults.jsonl"

    @property
    def app_password_file(self) -> Path:
        """The application's password, in libpq's own format."""
        return self.directory / "secrets" / "cleo_app.pgpass"

    def log(self, name: str) -> Path:
        """The log file of one of the lab's processes."""
        return self.directory / "log" / f"{name}.log"

    @property
    def environment(self) -> dict[str, str]:
        """A fresh environment: nothing of the caller's (PGHOST, PGBACKREST_REPO1_PATH…) may lead out of the lab."""
        return {"PATH": SYSTEM_PATH, "HOME": str(self.run_directory), "LANG": "C.UTF-8", TAG: str(self.directory)}

    def run(
        self, argv: Sequence[str], *, stdin: str = "", environment: dict[str, str] | None = None, timeout: float = 60.0
    ) -> str:
        """Run a program as the lab's account, inside its folder, and return what it printed.

        Args:
            argv: program and arguments.
            stdin: text for its standard input.
            environment: further environment variables.
            timeout: seconds until it is killed.

        Raises:
            CleoError: it failed or took too long.
        """
        name = Path(argv[0]).name
        try:
            done: subprocess.CompletedProcess[str] = subprocess.run(
                argv,
                input=stdin,
                text=True,
                capture_output=True,
                timeout=timeout,
                check=False,
                cwd=self.directory,
                env={**self.environment, **(environment or {})},
                **self._identity(),
            )
        except subprocess.TimeoutExpired as error:
            raise CleoError(f"{name} did not finish within {timeout:g} s.", f"See {self.directory / 'log'}.") from error
        except OSError as error:
            raise CleoError(f"{name} cannot be started: {error}.", self._where_to_look()) from error
        if done.returncode:
            raise CleoError(f"{name} failed with status {done.returncode}: {_tail(done)}", self._where_to_look())
        return done.stdout

    def spawn(self, argv: Sequence[str], log: Path) -> None:
        """Start a program as the lab's account, detached: no terminal, no parent to wait for it."""
        with log.open("ab") as output:
            os.chown(log, self.account.uid, self.account.gid)
            subprocess.run(
                ["setsid", "--fork", *argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=True,
                cwd=self.directory,
                env=self.environment,
                **self._identity(),
            )

    def psql(self, sql: str, *, database: str = DATABASE, timeout: float = 600.0) -> str:
        """Run SQL as the superuser through the socket; returns unaligned rows, fields separated by `|`.

        Raises:
            CleoError: the server cannot be reached or refuses a statement.
        """
        return self.run(self._psql(str(self.run_directory), "postgres", database), stdin=sql, timeout=timeout).strip()

    def app_psql(self, sql: str, *, timeout: float = 60.0) -> str:
        """Run SQL as the application does: its own role, password, over TCP.

        Raises:
            CleoError: the server cannot be reached or refuses a statement.
        """
        password = {"PGPASSFILE": str(self.app_password_file), "PGAPPNAME": "cleoai"}
        argv = self._psql("127.0.0.1", "cleo_app", DATABASE)
        return self.run(argv, stdin=sql, environment=password, timeout=timeout).strip()

    def _psql(self, host: str, user: str, database: str) -> list[str]:
        options = ["-XAtq", "-v", "ON_ERROR_STOP=1", "-h", host, "-p", str(self.port), "-U", user, "-d", database]
        return [self.programs.server("psql"), *options]

    def pgbackrest(self, *arguments: str, timeout: float = 3600.0) -> str:
        """Run pgBackRest on this lab's repository and return what it printed.

        Raises:
            CleoError: it failed.
        """
        fixed = [str(self.programs.pgbackrest), f"--config={self.backup_config}", f"--stanza={STANZA}"]
        return self.run([*fixed, *arguments], timeout=timeout)

    def _identity(self) -> dict[str, Any]:
        if not self.account.name:
            return {}
        return {"user": self.account.uid, "group": self.account.gid, "extra_groups": self.account.groups}

    def _where_to_look(self) -> str:
        return f"See {self.log('postgres')}; `cleo lab down` removes the lab."


def write_readable(path: Path, text: str) -> None:
    """Write a file that the lab's account can read, whatever our umask is."""
    path.write_text(text)
    path.chmod(0o644)


def _tail(done: subprocess.CompletedProcess[str]) -> str:
    """The last words of a program that failed: what it said on stderr, else on stdout."""
    text = done.stderr.strip() or done.stdout.strip() or "it printed nothing"
    return " / ".join(line.strip() for line in text.splitlines()[-4:])
