"""A lab's mail server and webhook: where they are, what they got, and what an inventory says of them."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from cleo_console.lab.account import Account
from cleo_console.lab.ports import free_port
from cleo_console.lab.post import program
from cleo_console.lab.processes import Process, lab_processes, signal_process
from cleo_console.lab.service import ServiceStatus
from cleo_console.lab.workspace import Workspace, write_secret
from journal.errors import CleoError

NAME = "post"
"""Its folder, and what is broken."""
FIRST, SECOND = "first@lab.example", program.REFUSED
"""Who is told in an exercise."""
_MODULE = "cleo_console.lab.post.program"
_READY_S = 15.0


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What a lab remembers of it.

    Attributes:
        mail: the mail server's port on 127.0.0.1.
        webhook: the webhook's.
    """

    mail: int
    webhook: int


def choose() -> Chosen:
    """Choose ports.

    Raises:
        CleoError: none is free.
    """
    return Chosen(mail=free_port(), webhook=free_port())


class Post:
    """The mail server and the webhook of one lab, one process.

    Args:
        lab: the lab's folder.
        chosen: the ports.
    """

    def __init__(self, lab: Path, chosen: Chosen) -> None:
        self.chosen = chosen
        self.workspace = Workspace(lab, NAME, Account("", os.geteuid(), os.getegid()))

    @property
    def box(self) -> Path:
        """The folder with what came, a file a message."""
        return self.workspace.directory / "box"

    @property
    def faults(self) -> Path:
        """The ways in which it is broken, a word each; missing: none."""
        return self.box / "faults"

    def make(self) -> None:
        """Make its folder, and start it."""
        self.workspace.make()
        self.box.mkdir(exist_ok=True)
        address = f"http://127.0.0.1:{self.chosen.webhook}/team"
        write_secret(self.workspace.secrets / "webhook", address, os.geteuid(), os.getegid())
        self.start()

    def start(self) -> None:
        """Start it where it does not run, and wait until it answers.

        Raises:
            CleoError: it does not.
        """
        if self.process():
            return
        ports = [str(self.chosen.mail), str(self.chosen.webhook)]
        self.workspace.spawn([sys.executable, "-P", "-m", _MODULE, str(self.box), *ports], self.workspace.log(NAME))
        until = time.monotonic() + _READY_S
        while not _answers(self.chosen.mail):
            if time.monotonic() > until:
                raise CleoError("The lab's mail server does not answer.", f"See {self.workspace.log(NAME)}.")
            time.sleep(0.05)

    def process(self) -> Process | None:
        """Its process; None where it does not run."""
        return next((one for one in lab_processes(self.workspace.directory) if _MODULE in one.arguments), None)

    def end(self) -> None:
        """Kill it, and wait until it is gone."""
        until = time.monotonic() + _READY_S
        while process := self.process():
            signal_process(process, signal.SIGKILL, self.workspace.directory)
            if time.monotonic() > until:
                raise CleoError("The lab's mail server does not end.", f"Process {process.pid}: look at it.")
            time.sleep(0.02)

    def messages(self) -> list[str]:
        """Return what came, oldest first."""
        return [path.read_text() for path in sorted(self.box.glob("[0-9]*-*"))]

    def status(self) -> ServiceStatus:
        """Look at it; nothing is changed."""
        process = self.process()
        broken = self.faults.read_text().split() if self.faults.exists() else []
        names = sorted(path.name for path in self.box.glob("[0-9]*-*"))
        lines = [
            ("mail server", f"127.0.0.1:{self.chosen.mail}"),
            ("webhook", f"http://127.0.0.1:{self.chosen.webhook}/team"),
            ("messages", f"{len(names)} in {self.box}"),
        ]
        pids = {"post": process.pid if process else None}
        return ServiceStatus(
            "post", lines[0][1], pids, {"messages": len(names)}, lines, [f"broken: {one}" for one in broken]
        )

    def inventory_entry(self) -> dict[str, Any]:
        """What the inventory says of whom to tell: in a lab nobody but its own mailboxes."""
        mail = {"type": "mail", "server": "127.0.0.1", "port": self.chosen.mail, "security": "none"}
        return {
            "channels": {
                "mail": {**mail, "sender": "dr@lab.example"},
                "team": {"type": "webhook", "address": {"file": str(self.workspace.secrets / "webhook")}},
            },
            "audiences": {"stakeholders": [{"channel": "mail", "to": "stakeholders@lab.example"}]},
            "exercise": [
                {"channel": "mail", "to": FIRST},
                {"channel": "mail", "to": SECOND},
                {"channel": "team"},
            ],
        }


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as link:
            return link.recv(4).startswith(b"220")
    except OSError:
        return False
