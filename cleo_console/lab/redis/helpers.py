"""A Redis server's writer: a small shell program that writes the time once a second."""

from __future__ import annotations

import shlex
from pathlib import Path

from cleo_console.lab.processes import running_script
from cleo_console.lab.redis.node import APPLICATION, HEARTBEAT, Node
from cleo_console.lab.workspace import write_readable, write_secret

SCRIPTS = Path(__file__).parent / "scripts"
WRITER = "heartbeat.sh"


def install_writer(node: Node) -> None:
    """Copy the script to the node: its account may not be able to read where this program is installed."""
    own = node.secrets / f"{APPLICATION}.writer"
    write_secret(own, node.password_file(APPLICATION).read_text().strip(), node.account.uid, node.account.gid)
    write_readable(node.directory / "bin" / WRITER, (SCRIPTS / WRITER).read_text())
    settings = {
        "BIN": node.programs,
        "PORT": node.port,
        "APP_USER": APPLICATION,
        "APP_PASSWORD_FILE": own,
        "HEARTBEAT": HEARTBEAT,
    }
    text = "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in settings.items())
    write_readable(node.directory / "bin" / "lab.env", text)


def start_writer(node: Node) -> list[str]:
    """Start the writer where it does not run, and return what was started."""
    if writer_pid(node) is not None:
        return []
    node.spawn(["sh", str(_installed(node))], node.log("heartbeat"))
    return [WRITER]


def writer_pid(node: Node) -> int | None:
    """The writer's pid; None where it does not run."""
    process = running_script(node.directory, _installed(node))
    return process.pid if process else None


def _installed(node: Node) -> Path:
    return node.directory / "bin" / WRITER
