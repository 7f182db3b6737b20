"""Journalling 50,000 lines of output a second: through a whole runner, and through the journal alone."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from unittest import mock

from benchmarks import flood
from benchmarks.kills import declaration
from benchmarks.process import cpu_s
from benchmarks.stand import ROOT, Stand, folder, silent_systems, wait_for
from benchmarks.table import Row
from cleo_console.runner_process import ensure_runner
from journal.commands.incident import IncidentCommands
from journal.incident.records import RunState
from journal.store.journal import Journal, OutputLine

RATE, LIMIT = 50_000, 0.15
EVERY_S = 0.1
LINE = "restore file base/16384/2619 (8.4MB, 12.34%) checksum 6d1d8a5e2bb7e1b1"


def run() -> Row:
    """Take in a program's lines for BENCH_OUTPUT seconds (10 by default)."""
    seconds = float(os.environ.get("BENCH_OUTPUT", "10"))
    journal = journal_core(seconds)
    runner, rate = runner_core(seconds)
    measured = f"runner {runner:.0%} of a core at {rate:,.0f}/s"
    reference = f"the journal's part of it alone {journal:.0%}"
    return Row(f"{RATE:,} output lines/s taken in", measured, reference, f"≤ {LIMIT:.0%} of a core", runner <= LIMIT)


def journal_core(seconds: float) -> float:
    """Return the share of a core for appending ready-made output to a journal, ten times a second, as a runner does."""
    pieces = max(1, round(EVERY_S / flood.EVERY_S))
    text = "\n".join([LINE] * (int(RATE * EVERY_S) // pieces))
    batch = [OutputLine(1, 0, datetime.now(UTC), "out", text)] * pieces
    turns = max(1, round(seconds / EVERY_S))
    with folder() as place, Journal.create(place / "journal.db", declaration(), actor="bench@bench") as journal:
        used = time.process_time()
        for _ in range(turns):
            journal.append_output(1, batch)
        return (time.process_time() - used) / (turns * EVERY_S)


def runner_core(seconds: float) -> tuple[float, float]:
    """Return a runner's share of a core while a program prints, and how many lines a second came into the journal.

    The share is that of the seconds in which the program printed, whenever the runner spent it.
    """
    command = [sys.executable, str(ROOT / "benchmarks" / "flood.py"), str(RATE), f"{seconds:g}"]
    step = {"id": "print-1", "title": "Print", "command": command, "host": "db1", "expect": "5 min"}
    with folder() as home, silent_systems(home, [], {}) as inventory, Stand(home, inventory, [step]) as stand:
        with mock.patch.dict(os.environ, stand.env):
            ensure_runner(stand.place)
        stand.wait_for_runner()
        used = cpu_s(stand.runner_pid())
        with Journal.open(stand.place.journal, actor="bench@bench") as journal:
            run = IncidentCommands(journal, stand.incident).request_run("print-1")
        wait_for("the end of the program", lambda: stand.incident().runs[run].state.over, seconds * 6 + 60)
        spent = cpu_s(stand.runner_pid()) - used
        over = stand.incident().runs[run]
    if over.state is not RunState.SUCCEEDED:
        raise RuntimeError(f"the program did not succeed: {over.summary}")
    return spent / seconds, over.output_lines / over.duration_s
