"""The program of a lab's MongoDB that writes a document a second."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cleo_console.lab.mongodb.cluster import APPLICATION, Member
from cleo_console.lab.processes import running_script
from cleo_console.lab.station import HERE
from cleo_console.lab.workspace import write_readable

SCRIPTS = Path(__file__).parent / "scripts"
_SCRIPT = SCRIPTS / "heartbeat.py"
WRITER = _SCRIPT.name


def install(member: Member) -> None:
    """Copy the script to the service's folder: by its path there its process is found."""
    write_readable(_installed(member), _SCRIPT.read_text())


def start_writer(member: Member, members: Sequence[str]) -> list[str]:
    """Start the writer where it does not run, and return its name.

    Args:
        member: the mongod that the set was made with.
        members: all of the set, as the writer reaches them.
    """
    if writer_pid(member) is not None:
        return []
    where = [str(member.password_file(APPLICATION)), member.set_name, ",".join(members)]
    outside = replace(member, station=HERE)  # who writes comes in from outside
    outside.spawn([sys.executable, str(_installed(member)), *where], member.log("heartbeat"))
    return [WRITER]


def writer_pid(member: Member) -> int | None:
    """The pid of the writer; None where it does not run."""
    found = running_script(member.directory, _installed(member))
    return found.pid if found else None


def _installed(member: Member) -> Path:
    return member.directory / "bin" / WRITER
