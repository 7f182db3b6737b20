"""Restoring a lab database through the console, compared with the same pgBackRest command alone.

What pgBackRest costs depends on when memory was last in use: on a virtual machine that hands free memory back to its
host, writing the same 2 GB took it about 2.1 s of system time right after as many were removed, 2.8 s when begun 1.5 s
later, and 3.1 to 4.4 s when begun 6 s later. So both ways begin equally long after the removal, and take turns at
going first.
"""

from __future__ import annotations

import functools
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.stand import CONSOLE, folder
from benchmarks.table import Row, not_measured
from benchmarks.terminal import NotSeen, Terminal
from cleo_console.lab import Lab
from cleo_console.lab.postgres.cluster_service import cluster_of
from journal.commands.incident import IncidentCommands
from journal.errors import CleoError
from journal.incident.fold import apply_event, fold_events, fold_journal
from journal.incident.records import Program, RunState
from journal.incident.state import Incident
from journal.store.journal import Journal, Reader

LIMIT = 1.05
ROOM = 5


class Through(NamedTuple):
    """One restore through the console: when its program began and how long it took by the journal, and its command."""

    began: float
    seconds: float
    argv: list[str]


class Recovery:
    """One incident in a lab, driven from the command line up to the restore.

    Args:
        lab: what is restored.
        home: where the journal goes.
    """

    def __init__(self, lab: Lab, home: Path) -> None:
        self.lab = lab
        self.cluster = cluster_of(lab.services["postgres"])
        self.env = {"CLEO_HOME": str(home), "CLEO_INVENTORY": str(lab.inventory_path), "CLEO_ACTOR": "bench@bench"}
        words = ["declare", "--title", "bench: the data is gone", "--scenario", "database-failure", "--kind", "LAB"]
        self.id = self.cleo(*words).strip()
        self.journal = home / "incidents" / self.id / "journal.db"

    def cleo(self, *words: str, fails: bool = False) -> str:
        """Run a command and return what it printed."""
        done = subprocess.run(
            [*CONSOLE, *words], capture_output=True, text=True, env={**os.environ, **self.env}, stdin=subprocess.DEVNULL
        )
        if (done.returncode != 0) != fails:
            raise RuntimeError(f"cleo {' '.join(words)}: {done.returncode} {done.stdout[-500:]} {done.stderr[-500:]}")
        return done.stdout

    def up_to_the_restore(self) -> None:
        """Do everything that the gates want before a restore."""
        self.cleo("run", "backups.hold")
        self.cleo("decide", "recovery-point", "latest", "--reason", "a benchmark")
        self.cleo("decide", "strategy", "cold-recovery")
        self.cleo("decide", "site", "original-site")
        self.cleo("run", "postgres.stop_writers", "--confirm", self.target)
        self.cleo("run", "postgres.start", fails=True)
        self.cleo("decide", "postgres-cure", "restore")
        self.cleo("run", "postgres.stop", "--confirm", self.target)

    @property
    def target(self) -> str:
        """What is typed to confirm."""
        return f"postgres@{os.uname().nodename}"

    def through_console(self) -> Through:
        """Restore while the console shows the restore's output."""
        with Terminal([*CONSOLE, "open", self.id], self.env) as console:
            console.until(lambda text: "Checklist" in text)
            with Journal.open(self.journal, actor="bench@bench") as journal:
                run = IncidentCommands(journal, self.incident).request_run("postgres-restore", confirmed=self.target)
            self._watch(console, run)
        return self._last_restore()

    def _watch(self, console: Terminal, run: int) -> None:
        """Show what the run prints until it is over. Only new events are read: two cores have enough to do."""
        shown = False
        with Reader(self.journal) as reader:
            incident = fold_events(reader.events())
            while not incident.runs[run].state.over:
                shown = shown or self._shows_output(console)
                console.listen(0.5)
                for event in reader.events(after=incident.seq):
                    apply_event(incident, event)

    def _shows_output(self, console: Terminal) -> bool:
        """Jump to what needs attention next, and say whether that is the restore, with what it prints."""
        console.press(b"j")
        try:
            console.until(lambda text: "postgres.restore: output" in text, 0.5)
        except NotSeen:
            return False
        return True

    def incident(self) -> Incident:
        """Return the incident as its journal has it now."""
        return fold_journal(self.journal)

    def _last_restore(self) -> Through:
        run = next(run for run in reversed(self.incident().runs.values()) if run.action == "postgres.restore")
        if run.state is not RunState.SUCCEEDED:
            raise RuntimeError(f"the restore did not succeed: {run.state} {run.summary} {run.refusal}")
        program = next(program for program in run.programs if program.key == "restore")
        return Through(program.started_at.timestamp(), _seconds(program), program.argv)

    def alone(self, argv: list[str]) -> float:
        """Return how many seconds the same command takes by itself, as the same account."""
        account = self.cluster.account
        identity = {"user": account.uid, "group": account.gid, "extra_groups": account.groups} if account.name else {}
        begun = time.monotonic()
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, cwd="/", **identity)  # type: ignore[call-overload]
        return time.monotonic() - begun

    def empty(self) -> None:
        """Empty the data directory, so that each restore writes every file."""
        for path in self.cluster.data_directory.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _seconds(program: Program) -> float:
    """From the intent in the journal to the end in the journal: all that the console adds is in it."""
    if program.finished_at is None:
        raise RuntimeError("the journal does not say when the restore ended")
    return (program.finished_at - program.started_at).total_seconds()


@functools.cache
def run() -> Row:
    """Restore BENCH_RESTORE_SIZE (2GB by default) in BENCH_RESTORE_TURNS turns (5 by default)."""
    size = os.environ.get("BENCH_RESTORE_SIZE", "2GB")
    figure, limit = f"restore {size} through the console", f"≤ {LIMIT:g} ×"
    with folder() as place:
        free, wanted = shutil.disk_usage(place).free, ROOM * _bytes(size)
        if free < wanted:
            return not_measured(figure, limit, f"{wanted / 1e9:.0f} GB of disk are wanted, {free / 1e9:.0f} are free")
        try:
            lab = Lab.up(
                place / "lab",
                size,
                systems=["postgres"],
                backup_minutes=600,
                say=lambda text: print(text, file=sys.stderr),
            )
            turns = _in_turns(Recovery(lab, place / "home"))
        except CleoError as error:
            return not_measured(figure, limit, str(error))
        finally:
            Lab.remove(place / "lab")
    through, alone = statistics.median(turns.through), statistics.median(turns.alone)
    ratio = through / alone
    return Row(figure, f"{through:.2f} s = {ratio:.2f} ×", f"pgBackRest alone {alone:.2f} s", limit, ratio <= LIMIT)


class Turns:
    """Restores both ways in turns.

    Args:
        recovery: ready to restore.
        argv: the command line that a restore through the console runs.

    Attributes:
        through: seconds of each restore through the console.
        alone: seconds of each restore by the same command alone.
    """

    def __init__(self, recovery: Recovery, argv: list[str]) -> None:
        self._recovery = recovery
        self._argv = argv
        self._pause_s = 0.0
        self.through = list[float]()
        self.alone = list[float]()

    def take(self, turns: int) -> None:
        """Take so many turns; who goes first changes with each."""
        for turn in range(turns):
            both = (self._one_through, self._one_alone)
            for one in both if turn % 2 == 0 else reversed(both):
                self._recovery.empty()
                one(time.time())

    def _one_through(self, emptied: float) -> None:
        restore = self._recovery.through_console()
        self._pause_s = restore.began - emptied
        self.through.append(restore.seconds)

    def _one_alone(self, emptied: float) -> None:
        """Begin as long after the removal as the last restore through the console did."""
        time.sleep(max(0.0, emptied + self._pause_s - time.time()))
        self.alone.append(self._recovery.alone(self._argv))


def _in_turns(recovery: Recovery) -> Turns:
    """Restore both ways; the first restore through the console only tells the command line, and warms up."""
    recovery.lab.break_("postgres", "lose-data-directory")
    recovery.up_to_the_restore()
    try:
        turns = Turns(recovery, recovery.through_console().argv)
        turns.take(int(os.environ.get("BENCH_RESTORE_TURNS", "5")))
    finally:
        recovery.cleo("close", "--summary", "the benchmark is over")
    return turns


def _bytes(size: str) -> float:
    number = float(size.upper().removesuffix("GB").removesuffix("MB")) if size != "small" else 0.1
    return number * (1e6 if size.upper().endswith("MB") else 1e9)
