"""A toy store as a service of a lab."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cleo_console.lab.ports import free_port
from cleo_console.lab.service import HOST, Done, FaultKind, LabService, Order, Say, ServiceStatus
from cleo_console.lab.workspace import TAG
from cleo_toy import store
from cleo_toy.toy import PROGRAM
from journal.errors import CleoError


class ToyService(LabService):
    """One toy store. Its faults are named below the class, whose methods they are."""

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Choose its port."""
        return {"port": free_port()}

    @property
    def folder(self) -> Path:
        """Where it keeps everything."""
        return self.lab / self.instance.name / "store"

    @property
    def copies(self) -> Path:
        """Where its copies are."""
        return self.lab / self.instance.name / "copies"

    @property
    def environment(self) -> dict[str, str]:
        """What tells that a process is the lab's."""
        return {TAG: str(self.lab / self.instance.name)}

    @property
    def title(self) -> str:
        """What people call it."""
        return "Toy store"

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.instance.settings['port']}"

    def create(self, order: Order, say: Say) -> None:
        """Make it, start it and take a copy."""
        say(f"Creating a toy store on {self.address}.")
        store.create(self.folder, f"toy-{os.urandom(12).hex()}")
        self.start()
        store.copy(self.folder, self.copies)

    def start(self) -> None:
        """Start its server."""
        argv = [sys.executable, "-IS", PROGRAM, "start", str(self.folder), str(self.instance.settings["port"])]
        done = subprocess.run(argv, capture_output=True, text=True, env={**os.environ, **self.environment})
        if done.returncode:
            raise CleoError(f"The toy store does not start: {done.stderr.strip()}", f"See {self.folder / 'log'}.")

    def stop(self) -> None:
        """Stop its server."""
        store.stop(self.folder)

    def is_running(self) -> bool:
        """Whether its server runs."""
        return store.server_pid(self.folder) is not None

    def status(self) -> ServiceStatus:
        """Look at it."""
        seen = store.look(self.folder)
        lines = [("toy store", f"{self.address}, data {seen['data']}")]
        trouble = [] if seen["data"] == "whole" else [f"its data is {seen['data']}"]
        return ServiceStatus("toy", self.address, {"server": seen["pid"]}, seen, lines, trouble)

    def inventory_entry(self) -> dict[str, Any]:
        """What the inventory says of it."""
        return {
            "title": self.title,
            "host": HOST,
            "folder": str(self.folder),
            "copies": str(self.copies),
            "port": self.instance.settings["port"],
            "token": {"file": str(self.folder / store.TOKEN)},
            "python": sys.executable,
            "environment": self.environment,
        }

    def _kill(self) -> Done:
        pid = store.server_pid(self.folder)
        if pid is None:
            raise CleoError("The toy store does not run.", "Start it first.")
        os.kill(pid, 9)
        store.wait_until(lambda: not self.is_running(), 5, "it does not die")
        return f"process {pid} was killed", {"at": datetime.now(UTC).isoformat()}

    def _damage_data(self) -> Done:
        what, details = self._kill()
        text = (self.folder / store.DATA).read_text()
        (self.folder / store.DATA).write_text(text[: len(text) // 2])
        return f"{what}, and half of its data cut off", details

    def _lose_data(self) -> Done:
        what, details = self._kill()
        (self.folder / store.DATA).unlink()
        return f"{what}, and its data removed", details


ToyService.faults = (
    FaultKind("kill", "kill the server", ToyService._kill),
    FaultKind("damage-data", "kill the server, and cut its data off in the middle", ToyService._damage_data),
    FaultKind("lose-data", "remove the data under the running server, and kill that", ToyService._lose_data),
)
