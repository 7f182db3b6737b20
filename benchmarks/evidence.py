"""How long ``cleo evidence`` takes over a year of many journals, beside the bare checker over the same files."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import journal.verify
from benchmarks.many_events import body
from benchmarks.stand import CONSOLE, folder
from benchmarks.table import Row
from cleo_console.plans import bundled
from journal.events import types as e
from journal.plan.read import read_plan
from journal.store.journal import Journal

LIMIT_S = 30.0
EVENTS = 100
"""Events of each journal, beside its declaration, which carries the whole plan."""


def run() -> Row:
    """Make the pack of BENCH_JOURNALS journals (1,000 by default)."""
    wanted = int(os.environ.get("BENCH_JOURNALS", "1000"))
    with folder() as home:
        journals = fill(home, wanted)
        bare = _bare(journals)
        words = ["evidence", "--from", "2026-01-01", "--to", "2026-12-31", "-o", str(home / "pack")]
        begun = time.monotonic()
        done = subprocess.run(
            [*CONSOLE, *words], env={**os.environ, "CLEO_HOME": str(home)}, capture_output=True, check=True
        )
        taken = time.monotonic() - begun
        if f"{wanted:,} of {wanted:,} journals verify" not in done.stdout.decode():
            raise RuntimeError(done.stdout.decode())
    reference = f"verify.py alone, a process a journal {bare:.1f} s"
    return Row(f"evidence over {wanted:,} journals", f"{taken:.1f} s", reference, f"≤ {LIMIT_S:g} s", taken <= LIMIT_S)


def fill(home: Path, wanted: int) -> list[Path]:
    """Write so many incidents of a year, each closed."""
    plan, files = read_plan(bundled()), []
    for number in range(wanted):
        began = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=8 * number)
        name = f"INC-{began:%Y-%m-%d}-{began.hour // 8 + 1:02}"
        place = home / "incidents" / name
        place.mkdir(parents=True)
        files.append(place / "journal.db")
        first = e.IncidentDeclared(
            id=name,
            title="A drill",
            kind=e.Kind.DRILL,
            scenario="database-failure",
            severity="high",
            began_at=began.isoformat(),
            discovered_at=began.isoformat(),
            plan=plan.data,
            plan_sha256=plan.sha256,
        )
        with Journal.create(files[-1], first, actor="bench@bench") as journal:
            journal.append(*(body(seq) for seq in range(2, EVENTS)), e.IncidentClosed(summary="the benchmark is over"))
    return files


def _bare(journals: Sequence[Path]) -> float:
    """Return how many seconds the checker takes, one process after the other, as an auditor may let it."""
    begun = time.monotonic()
    for file in journals:
        subprocess.run([sys.executable, "-I", journal.verify.__file__, file], check=True, capture_output=True)
    return time.monotonic() - begun
