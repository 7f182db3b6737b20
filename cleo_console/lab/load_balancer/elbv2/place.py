"""Where everything of a lab's emulated ELBv2 lies, and its process."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleo_console.lab.account import Account
from cleo_console.lab.processes import Process, running_script, signal_process
from cleo_console.lab.workspace import Workspace, write_secret
from journal.errors import CleoError

PROGRAM = "cleo_console.lab.load_balancer.elbv2.program"
REGION = "eu-central-1"
KEY, SECRET = "AKIALAB0000000000000", "labsecretlabsecretlabsecretlabsecretlabs"
"""What the emulation is called with; it lets in anything that has the form of a key."""
GROUPS = {"primary": "app-primary", "dr": "app-dr"}
"""The target group of each site."""
_START_S, _PAUSE_S = 60.0, 0.1


@dataclass(frozen=True)
class Place:
    """An emulated ELBv2 of a lab.

    Args:
        lab: the lab's folder.
        name: the service's name.
        port: the API's.
        front: where users come in.
    """

    lab: Path
    name: str
    port: int
    front: int

    @property
    def workspace(self) -> Workspace:
        """The service's folder; everything in it is ours."""
        return Workspace(self.lab, self.name, Account("", os.geteuid(), os.getegid()))

    @property
    def endpoint(self) -> str:
        """The API's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def configuration(self) -> Path:
        """What the process reads as it starts."""
        return self.workspace.directory / "elbv2.json"

    @property
    def made(self) -> Path:
        """What the account has: the ARNs, as the process made them."""
        return self.workspace.directory / "made.json"

    @property
    def sick(self) -> Path:
        """The target groups whose targets fail their checks, a name each; missing: none."""
        return self.workspace.directory / "sick"

    @property
    def credentials(self) -> Path:
        """As AWS's own programs have them."""
        return self.workspace.secrets / "aws"

    @property
    def log(self) -> Path:
        """What the process prints."""
        return self.workspace.log("elbv2")

    def make(self) -> None:
        """Write configuration and credentials."""
        self.workspace.make()
        said = {"port": self.port, "front": self.front, "made": str(self.made), "sick": str(self.sick)}
        self.configuration.write_text(json.dumps(said))
        keys = f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
        write_secret(self.credentials, keys, os.geteuid(), os.getegid())

    def arns(self) -> dict[str, Any]:
        """Return what the account has.

        Raises:
            CleoError: it was not made yet.
        """
        try:
            found: dict[str, Any] = json.loads(self.made.read_text())
        except (OSError, ValueError) as error:
            raise CleoError(f"{self.name} was never started.", "Start it: cleo lab up.") from error
        return found

    def process(self) -> Process | None:
        """Its process; None where it does not run."""
        return running_script(self.workspace.directory, self.configuration)

    def start(self) -> None:
        """Start it, and wait until the account is made: as at first, whatever it was told before.

        Raises:
            CleoError: it does not come up.
        """
        self.made.unlink(missing_ok=True)
        self.workspace.spawn([sys.executable, "-P", "-m", PROGRAM, str(self.configuration)], self.log)
        self._wait(self.made.exists, "does not come up")

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End its process, and wait for that."""
        if process := self.process():
            signal_process(process, number, self.workspace.directory)
        self._wait(lambda: self.process() is None, "does not end")

    def _wait(self, over: Any, what: str) -> None:
        end = time.monotonic() + _START_S
        while not over():
            if time.monotonic() > end:
                raise CleoError(f"The emulated ELBv2 {what}.", f"See {self.log}.")
            time.sleep(_PAUSE_S)
