"""Where everything of a lab's application lies, and its process."""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleo_console.lab.account import Account
from cleo_console.lab.processes import Process, running_script, signal_process
from cleo_console.lab.station import HERE, Station
from cleo_console.lab.validation.program import SERVICE, password_digest
from cleo_console.lab.validation.tokens import issue
from cleo_console.lab.workspace import Workspace, inventory_path, write_secret
from journal.errors import CleoError

USER = "dr-test@cleoai.example"
PROGRAM = "cleo_console.lab.validation.program"
NEW_KEY = "cleo_console.lab.validation.new_key"
_START_S, _PAUSE_S = 30.0, 0.05


@dataclass(frozen=True)
class Place:
    """The application of a lab.

    Args:
        lab: the lab's folder.
        name: the service's name.
        port: its port.
        site: the site that it serves; empty: the lab has no network for each.
        station: where it runs.
    """

    lab: Path
    name: str
    port: int
    site: str = ""
    station: Station = HERE

    @property
    def workspace(self) -> Workspace:
        """The service's folder; everything in it is ours."""
        return Workspace(self.lab, self.name, Account("", os.geteuid(), os.getegid()), station=self.station)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self.station.address}:{self.port}"

    @property
    def configuration(self) -> Path:
        """What its process reads as it starts."""
        return self.workspace.secrets / f"application{self._mark}.json"

    @property
    def faults(self) -> Path:
        """The ways in which it is broken, a word each; missing: none."""
        return self.workspace.directory / "faults"

    @property
    def password(self) -> Path:
        """The test user's password."""
        return self.workspace.secrets / "test-user"

    @property
    def expired(self) -> Path:
        """A token that ran out long ago."""
        return self.workspace.secrets / "expired-token"

    @property
    def baseline(self) -> Path:
        """What performance is compared with, once it was measured."""
        return self.workspace.directory / "baseline.json"

    @property
    def restart(self) -> Path:
        """A script that takes every fault back, as a new deployment would."""
        return self.workspace.directory / "bin" / f"restart{self._mark}.sh"

    @property
    def new_key(self) -> Path:
        """A script that gives it another signing key, and starts it again."""
        return self.workspace.directory / "bin" / "new-key.sh"

    @property
    def log(self) -> Path:
        """What the process prints."""
        return self.workspace.log(f"application{self._mark}")

    @property
    def _mark(self) -> str:
        return f"-{self.site}" if self.site else ""

    def make(self) -> None:
        """Write key, password, an expired token and the configuration."""
        self.workspace.make()
        key, salt, password = secrets.token_bytes(32), secrets.token_hex(8), secrets.token_urlsafe(18)
        key_file = self.workspace.secrets / "key"
        self._write(key_file, "")
        key_file.write_bytes(key)
        self._write(self.password, password)
        self._write(self.expired, issue(key, 1, secrets.token_hex(8), lasts_s=-86_400))
        self.configure({"email": USER, "user": 1, "salt": salt, "digest": password_digest(password, salt)})
        self.write_restart()

    def configure(self, account: dict[str, Any]) -> None:
        """Write the configuration; the key is there already.

        Args:
            account: the test user's.
        """
        said = {
            "address": self.station.address,
            "site": self.site,
            "port": self.port,
            "inventory": str(inventory_path(self.lab)),
            "faults": str(self.faults),
            "key": str(self.workspace.secrets / "key"),
            "account": account,
        }
        self._write(self.configuration, json.dumps(said))

    def account(self) -> dict[str, Any]:
        """Return the test user's account as the configuration has it."""
        found: dict[str, Any] = json.loads(self.configuration.read_text())["account"]
        return found

    def process(self) -> Process | None:
        """Its process; None where it does not run."""
        return running_script(self.workspace.directory, self.configuration)

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            CleoError: it does not.
        """
        self.workspace.spawn([sys.executable, "-P", "-m", PROGRAM, str(self.configuration)], self.log)
        end = time.monotonic() + _START_S
        while not self._answers():
            if time.monotonic() > end:
                raise CleoError(f"The application does not answer at {self.url}.", f"See {self.log}.")
            time.sleep(_PAUSE_S)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End its process and wait for that."""
        process, end = self.process(), time.monotonic() + _START_S
        if process:
            signal_process(process, number, self.workspace.directory)
        while self.process():
            if time.monotonic() > end:
                raise CleoError("The application does not end.", f"See {self.log}.")
            time.sleep(_PAUSE_S)

    def broken(self) -> list[str]:
        """Return in which ways it is broken."""
        return self.faults.read_text().split() if self.faults.exists() else []

    def _answers(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.url}/health", timeout=5) as answer:
                return bool(json.load(answer)["service"] == SERVICE)
        except OSError:
            return False

    def _write(self, path: Path, text: str) -> None:
        write_secret(path, text, os.geteuid(), os.getegid())

    def write_restart(self) -> None:
        """Write the script that takes every fault back."""
        env = " ".join(f"{name}='{value}'" for name, value in self.workspace.environment.items())
        enter = f"nsenter --net=/run/netns/{self.station.namespace} -- " if self.station.namespace else ""
        python, ours = f"'{sys.executable}' -P -m {PROGRAM} '{self.configuration}'", f"' {self.configuration}$'"
        self.restart.write_text(
            "#!/bin/sh\n# Takes every fault of the application back, and starts it again.\n"
            f"rm -f '{self.faults}'\npkill -f {ours}\nwhile pgrep -f {ours} >/dev/null; do sleep 0.1; done\n"
            f"exec {enter}env -i {env} setsid --fork {python} >>'{self.log}' 2>&1 </dev/null\n"
        )
        self.restart.chmod(0o755)
        make = f"'{sys.executable}' -P -m {NEW_KEY} '{self.configuration}' '{self.expired}'"
        self.new_key.write_text(
            "#!/bin/sh\n# Gives the application another signing key: every token of before is worth nothing.\nset -e\n"
            f"env -i {env} {make}\nexec sh '{self.restart}'\n"
        )
        self.new_key.chmod(0o755)
