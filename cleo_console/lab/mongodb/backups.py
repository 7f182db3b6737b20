"""A lab's MongoDB backups: the first by the program that takes them all, the others by the console's own command."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import replace
from typing import Any

import msgspec

from actions.systems.mongodb.programs.request import Request
from cleo_console.lab.mongodb.cluster import CONSOLE, DATABASE, Member
from cleo_console.lab.mongodb.writer import SCRIPTS
from cleo_console.lab.processes import running_script
from cleo_console.lab.station import HERE
from cleo_console.lab.workspace import inventory_path, write_readable

SCHEDULE = "schedule.sh"
_PROGRAM = "actions.systems.mongodb.programs.dump"
_REQUEST = "first-backup.json"


def install(member: Member, backup_minutes: float) -> None:
    """Copy the schedule's script to the service's folder, and keep beside it what it needs to know."""
    write_readable(member.directory / "bin" / SCHEDULE, (SCRIPTS / SCHEDULE).read_text())
    known = {
        **_console(member),
        "PYTHON": sys.executable,
        "SYSTEM": member.name,
        "BACKUP_SECONDS": f"{backup_minutes * 60:.0f}",
    }
    text = "".join(f"{name}={shlex.quote(value)}\n" for name, value in known.items())
    write_readable(member.directory / "bin" / "lab.env", text)


def take_first(member: Member) -> str:
    """Take the first full backup, and return its id. The inventory need not be there yet.

    Raises:
        CleoError: it could not be taken.
    """
    asked = Request(
        repository=member.backups.where.place,
        bucket=member.bucket,
        system=member.name,
        port=member.port,
        user=CONSOLE,
        password_file=str(member.password_file(CONSOLE)),
        heartbeat=f"{DATABASE}.heartbeat",
    )
    path = member.run_directory / _REQUEST
    path.write_bytes(msgspec.json.encode(asked))
    said = member.run([sys.executable, "-m", _PROGRAM, "--once", str(path)], timeout=3600)
    return str(json.loads(said.splitlines()[-1])["backup"])


def take(member: Member, kind: str) -> str:
    """Take a backup now, by the console's own command, and return its id.

    Args:
        member: what is backed up.
        kind: `full` or `incremental`.

    Raises:
        CleoError: it could not be taken, or the backups are held.
    """
    argv = [sys.executable, "-m", "cleo_console", "backup", "run", "--type", kind, "--system", member.name]
    member.run(argv, environment=_console(member), timeout=3600)
    return str(list_backups(member)[-1]["label"])


def start_schedule(member: Member) -> list[str]:
    """Start the scheduled backups where they do not run, and return the script's name."""
    if schedule_pid(member) is not None:
        return []
    outside = replace(member, station=HERE)
    outside.spawn(["sh", str(member.directory / "bin" / SCHEDULE)], member.log("backups"))
    return [SCHEDULE]


def schedule_pid(member: Member) -> int | None:
    """The pid of the scheduled backups; None where they do not run."""
    found = running_script(member.directory, member.directory / "bin" / SCHEDULE)
    return found.pid if found else None


def list_backups(member: Member) -> list[dict[str, Any]]:
    """The repository's backups, the oldest first: label, type, end in UTC, up to which position of the oplog.

    Raises:
        CleoError: an entry cannot be read.
    """
    return [
        {
            "label": entry.id,
            "type": entry.kind,
            "ended": f"{entry.ended_at:%Y-%m-%dT%H:%M:%SZ}",
            "until": entry.covers.to if entry.covers else None,
        }
        for entry in member.backups.entries()
    ]


def _console(member: Member) -> dict[str, str]:
    """What the console's command goes by: the lab's inventory, and a place of its own for what it notes."""
    return {"CLEO_INVENTORY": str(inventory_path(member.lab)), "CLEO_HOME": str(member.run_directory)}
