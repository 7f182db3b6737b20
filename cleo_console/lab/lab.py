"""A lab: real servers on loopback in a folder of their own, brought up, looked at, broken and removed."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from cleo_console import settings
from cleo_console.lab import backups, construction, faults, folder, removal
from cleo_console.lab.construction import Say
from cleo_console.lab.fault_log import Fault
from cleo_console.lab.folder import State
from cleo_console.lab.status import LabStatus, read_status
from journal.errors import CleoError

BACKUP_MINUTES = 15.0


class Lab:
    """One lab that is there, whether or not its servers run.

    Args:
        directory: its folder.
        state: what it remembers of itself.
    """

    def __init__(self, directory: Path, state: State) -> None:
        self.directory = directory
        self.state = state
        self.postgres = state.site(directory)

    @classmethod
    def up(
        cls,
        directory: Path | None = None,
        size: str = "small",
        *,
        backup_minutes: float = BACKUP_MINUTES,
        say: Say = lambda _: None,
    ) -> Self:
        """Bring a lab up: a new one, one that was stopped with `stop`, or one that runs already.

        A server that is down because something broke it stays down: to cure that is the exercise.

        Args:
            directory: its folder; by default `settings.lab_folder()`.
            size: `small`, or how much data, such as `500MB` or `2GB`; of a lab that is there already it stays as it is.
            backup_minutes: minutes between scheduled backups.
            say: told what is being done, a line at a time.

        Raises:
            CleoError: a program is missing, the folder does not serve, or a server does not start.
        """
        place = _place(directory)
        folder.check_place(place)
        state = folder.load_state(place)
        if state and state.complete:
            return cls(place, construction.resume(place, state, say))
        if state:
            say("An earlier start was cut short; what it left is removed.")
            removal.remove(place)
        return cls(place, construction.create(place, size, backup_minutes, say))

    @classmethod
    def at(cls, directory: Path | None = None) -> Self:
        """The lab in this folder.

        Raises:
            CleoError: there is none, or it is another account's.
        """
        place = _place(directory)
        state = folder.load_state(place)
        if state is None or not state.complete:
            raise CleoError(f"There is no lab in {place}.", "Start one with `cleo lab up`.")
        folder.check_owner(place, state)
        return cls(place, state)

    @staticmethod
    def remove(directory: Path | None = None) -> bool:
        """Remove whatever lab is in this folder, a half-built one too; returns whether there was anything.

        Raises:
            CleoError: the folder is not a lab's or another account's, or a process cannot be ended.
        """
        return removal.remove(_place(directory))

    @property
    def inventory_path(self) -> Path:
        """The inventory file to give to the console."""
        return self.postgres.inventory

    def psql(self, sql: str) -> str:
        """Run SQL as the superuser in the lab's database; rows come unaligned, fields separated by `|`.

        Raises:
            CleoError: the server cannot be reached or refuses a statement.
        """
        return self.postgres.psql(sql)

    def backup(self, kind: str = "incr") -> str:
        """Take a backup (`full`, `diff` or `incr`) with its manifest, and return its label.

        Raises:
            CleoError: pgBackRest failed.
        """
        return backups.take_backup(self.postgres, kind)

    def break_(self, system: str, how: str) -> Fault:
        """Inject a fault for real, and note it in the lab.

        Raises:
            CleoError: there is no such fault, or the lab is not in a state in which it could be injected.
        """
        with folder.only_command(self.directory):
            return faults.inject(self.postgres, system, how)

    def status(self) -> LabStatus:
        """What runs, and what the lab holds."""
        return read_status(self.postgres)

    def stop(self) -> None:
        """Stop every process and keep the folder, so that `up` goes on where this left off.

        Raises:
            CleoError: a process cannot be ended.
        """
        self.state = removal.stop(self.directory, self.state)

    def down(self) -> None:
        """Stop everything and remove the folder; nothing of the lab is left.

        Raises:
            CleoError: the lab is another account's, or a process cannot be ended.
        """
        removal.remove(self.directory)


def _place(directory: Path | None) -> Path:
    return (directory or settings.lab_folder()).resolve()
