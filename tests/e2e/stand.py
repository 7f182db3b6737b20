"""A stand for end-to-end tests: a lab, a home for journals, the cleo command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actions.runner import held
from journal.incident.closing import phrase, remaining
from journal.incident.fold import fold_journal
from journal.incident.state import Incident
from tests.e2e.terminal import Terminal
from tests.labs import Lab

CLEO = str(Path(sys.executable).parent / "cleo")


class Stand:
    """One responder's surroundings.

    Args:
        lab: what is recovered.
        home: where the journals go.
    """

    def __init__(self, lab: Lab, home: Path) -> None:
        self.lab = lab
        self.home = home
        self.env = {"CLEO_HOME": str(home), "CLEO_INVENTORY": str(lab.inventory_path), "CLEO_ACTOR": "oncall@bastion"}
        self.incident_id = ""

    def cleo(self, *words: str, status: int = 0) -> str:
        """Run a command and return what it printed."""
        env = {**os.environ, **self.env}
        done = subprocess.run([CLEO, *words], capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL)
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def close(self) -> None:
        """Close the incident, whatever is not in order."""
        leaving = phrase(remaining(self.incident()))
        self.cleo("close", "--summary", "the test is over", "--leaving", leaving)

    def console(self, width: int = 80, height: int = 24, incident: str = "") -> Terminal:
        """Open the console in a terminal."""
        return Terminal([CLEO, "open", incident] if incident else [CLEO], width, height, self.env)

    def declare(self, scenario: str = "database-failure") -> None:
        """Declare a LAB incident on the command line."""
        self.incident_id = self.cleo(
            "declare", "--title", "db1 lost its data", "--scenario", scenario, "--kind", "LAB"
        ).strip()

    @property
    def journal(self) -> Path:
        """The journal of the incident."""
        return self.home / "incidents" / self.incident_id / "journal.db"

    def incident(self) -> Incident:
        """Return the incident as its journal has it now."""
        return fold_journal(self.journal)

    @contextmanager
    def runner_ended(self) -> Iterator[None]:
        """See to it that no runner is left, however the block ends."""
        try:
            yield
        finally:
            for lease in self.home.glob("incidents/*/lease.json"):
                if held(lease.parent):
                    os.kill(json.loads(lease.read_text())["pid"], signal.SIGKILL)

    def target(self) -> str:
        """Return what is typed to confirm."""
        return f"postgres@{os.uname().nodename}"

    def up_to_the_restore(self) -> None:
        """Do everything that comes before the restore of a lost data directory."""
        self.cleo("run", "backups.hold")
        self.cleo("decide", "recovery-point", "latest", "--reason", "the disk died")
        self.cleo("decide", "strategy", "cold-recovery")
        self.cleo("decide", "site", "original-site")
        self.cleo("run", "postgres.stop_writers", "--confirm", self.target())
        self.cleo("run", "postgres.start", status=1)
        self.cleo("decide", "postgres-cure", "restore")
        self.cleo("run", "postgres.stop", "--confirm", self.target())
