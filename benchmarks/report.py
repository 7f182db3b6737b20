"""How long ``cleo report`` takes for a long incident."""

from __future__ import annotations

import os
import subprocess
import time

from benchmarks.many_events import fill
from benchmarks.stand import CONSOLE, Stand, folder
from benchmarks.table import Row

LIMIT_S = 5.0
FEW = 100


def run() -> Row:
    """Write the report of BENCH_REPORT_EVENTS events (100,000 by default) as HTML, with drawing and appendix."""
    wanted = int(os.environ.get("BENCH_REPORT_EVENTS", "100000"))
    few, taken = _taken(FEW), _taken(wanted)
    reference = f"the same with {FEW} events {few:.2f} s"
    return Row(f"report of {wanted:,} events", f"{taken:.1f} s", reference, f"≤ {LIMIT_S:g} s", taken <= LIMIT_S)


def _taken(events: int) -> float:
    """Return how many seconds the report of so many events takes, from exec to exit."""
    with folder() as home, Stand(home) as stand:
        fill(stand.place.journal, events)
        begun = time.monotonic()
        words = ["report", str(stand.place.journal), "--full", "-o", str(home / "report.html")]
        subprocess.run([*CONSOLE, *words], check=True, env={**os.environ, **stand.env}, capture_output=True)
        return time.monotonic() - begun
