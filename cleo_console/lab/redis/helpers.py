"""A Redis server's two small shell programs: the writer, and the scheduled backups."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path

from cleo_console.lab.processes import running_script
from cleo_console.lab.redis import backups
from cleo_console.lab.redis.node import APPLICATION, HEARTBEAT, Node
from cleo_console.lab.station import HERE
from cleo_console.lab.workspace import write_readable, write_secret

SCRIPTS = Path(__file__).parent / "scripts"
WRITER = "heartbeat.sh"


def install_scripts(node: Node, backup_minutes: float) -> None:
    """Copy the scripts to the node: its account may not be able to read where this program is installed."""
    own = write_own_secret(node)
    for name in (WRITER, backups.SCHEDULE):
        write_readable(node.directory / "bin" / name, (SCRIPTS / name).read_text())
    settings = {
        **backups.console(node),
        "PYTHON": sys.executable,
        "SYSTEM": node.name,
        "BACKUP_SECONDS": f"{backup_minutes * 60:.0f}",
        "BIN": node.programs,
        "ADDRESS": node.station.address,
        "PORT": node.port,
        "APP_USER": APPLICATION,
        "APP_PASSWORD_FILE": own,
        "HEARTBEAT": HEARTBEAT,
    }
    text = "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in settings.items())
    write_readable(node.directory / "bin" / "lab.env", text)


def write_own_secret(node: Node) -> Path:
    """Copy the application's password to where its writer, as the server's account, can read it."""
    own = node.secrets / f"{APPLICATION}.writer"
    write_secret(own, node.password_file(APPLICATION).read_text().strip(), node.account.uid, node.account.gid)
    return own


def start_helpers(node: Node) -> list[str]:
    """Start those of the two that do not run, and return their names."""
    started = []
    if writer_pid(node) is None:
        outside = replace(node, station=HERE)  # who writes comes in from outside
        outside.spawn(["sh", str(_installed(node))], node.log("heartbeat"))
        started = [WRITER]
    return [*started, *backups.start_schedule(node)]


def writer_pid(node: Node) -> int | None:
    """The writer's pid; None where it does not run."""
    process = running_script(node.directory, _installed(node))
    return process.pid if process else None


def _installed(node: Node) -> Path:
    return node.directory / "bin" / WRITER
