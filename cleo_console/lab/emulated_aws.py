"""An emulation of one of AWS's services in a lab: where its files lie, its process, and the keys to call it with."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from cleo_console.lab.account import Account
from cleo_console.lab.processes import Process, running_script, signal_process
from cleo_console.lab.workspace import Workspace, write_secret
from journal.errors import CleoError

REGION = "eu-central-1"
KEY, SECRET = "AKIALAB0000000000000", "labsecretlabsecretlabsecretlabsecretlabs"
"""What an emulation is called with."""
_START_S, _PAUSE_S = 60.0, 0.1


@dataclass(frozen=True)
class EmulatedAws:
    """An emulated service of AWS.

    Args:
        lab: the lab's folder.
        name: the service's name.
        port: the API's.
    """

    lab: Path
    name: str
    port: int

    program: ClassVar[str]
    """The module that is run."""
    title: ClassVar[str]
    """What people call it."""

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
        return self.workspace.directory / "aws.json"

    @property
    def made(self) -> Path:
        """What the account has, as the process made it."""
        return self.workspace.directory / "made.json"

    @property
    def credentials(self) -> Path:
        """As AWS's own programs have them."""
        return self.workspace.secrets / "aws"

    @property
    def log(self) -> Path:
        """What the process prints."""
        return self.workspace.log("aws")

    def said(self) -> dict[str, Any]:
        """What the process is told as it starts, beside the API's port and where it writes what it made."""
        return {}

    def make(self) -> None:
        """Write configuration and credentials."""
        self.workspace.make()
        self.configuration.write_text(json.dumps({"port": self.port, "made": str(self.made), **self.said()}))
        self.write_keys(KEY)

    def write_keys(self, key: str, secret: str = SECRET) -> None:
        """Write the file with which the console is let in."""
        keys = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
        write_secret(self.credentials, keys, os.geteuid(), os.getegid())

    def account(self) -> dict[str, Any]:
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

    def require_running(self) -> None:
        """Refuse where it does not run.

        Raises:
            CleoError: it does not.
        """
        if self.process() is None:
            raise CleoError(f"The emulated {self.title} does not run.", "Start it: cleo lab up.")

    def start(self) -> None:
        """Start it, and wait until the account is made: as at first, whatever it was told before.

        Raises:
            CleoError: it does not come up.
        """
        self.made.unlink(missing_ok=True)
        self.workspace.spawn([sys.executable, "-P", "-m", self.program, str(self.configuration)], self.log)
        self._wait(self.made.exists, "does not come up")

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End its process, and wait for that."""
        if process := self.process():
            signal_process(process, number, self.workspace.directory)
        self._wait(lambda: self.process() is None, "does not end")

    def _wait(self, over: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + _START_S
        while not over():
            if time.monotonic() > end:
                raise CleoError(f"The emulated {self.title} {what}.", f"See {self.log}.")
            time.sleep(_PAUSE_S)


def require_moto(title: str, parts: str) -> None:
    """Refuse where moto is not installed.

    Args:
        title: what is emulated.
        parts: moto's extras for it.

    Raises:
        CleoError: it is not.
    """
    if find_spec("moto") is None or find_spec("flask") is None:
        hint = f"Install it beside cleo: python -m pip install 'moto[{parts},server]>=5.1'"
        raise CleoError(f"The lab's {title} is an emulation by moto, which is not installed.", hint)


def client(port: int, service: str) -> Any:
    """Return a client of an emulated API, as somebody else has it."""
    import boto3

    endpoint = f"http://127.0.0.1:{port}"
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": REGION}
    return boto3.client(service, endpoint_url=endpoint, **keys)


def tell_made(path: Path, made: dict[str, Any]) -> None:
    """Write what the account has, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(made))
    fresh.replace(path)
