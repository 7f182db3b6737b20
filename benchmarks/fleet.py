"""The console with 200 systems: 100 reachable ones, and 100 that accept a connection and never answer."""

from __future__ import annotations

import functools
import os
from typing import NamedTuple

import yaml

from benchmarks.keys import bare_latencies, p95, walk
from benchmarks.process import cpu_s
from benchmarks.stand import console_at_rest, folder, wait_for
from benchmarks.table import Row, ms
from cleo_console.lab import Lab

SYSTEMS = 200
LATENCY_LIMIT_S, CORE_LIMIT = 0.015, 0.05
ALL_SEEN_S = 90.0
STEPS = [{"id": f"print-{n}", "title": f"Print {n}", "command": ["true"], "host": "db1"} for n in (1, 2)]


class Load(NamedTuple):
    """What was measured: keys in seconds, processor time as a share of one core."""

    p95_s: float
    bare_p95_s: float
    core: float
    runner_core: float


@functools.cache
def measured() -> Load:
    """Watch the console at rest for BENCH_REST seconds (65 by default), then press BENCH_KEYS keys (100 by default)."""
    seconds, presses = float(os.environ.get("BENCH_REST", "65")), int(os.environ.get("BENCH_KEYS", "100"))
    bare = bare_latencies(presses)
    with folder() as place:
        lab = Lab.up(place / "lab", systems=["postgres"], backup_minutes=60.0)
        try:
            entry = yaml.safe_load(lab.inventory_path.read_text())["systems"]["postgres"]
            answering = {f"up-{number}": entry for number in range(SYSTEMS // 2)}
            silent = [f"silent-{number}" for number in range(SYSTEMS // 2)]
            with console_at_rest(silent, STEPS, answering) as (stand, console):

                def all_seen() -> bool:
                    console.listen(0.5)
                    return len(stand.incident().health) >= SYSTEMS // 2

                wait_for("a look at every system that answers", all_seen, ALL_SEEN_S)
                runner = stand.runner_pid()
                used, runner_used = cpu_s(console.pid), cpu_s(runner)
                console.listen(seconds)
                core, runner_core = (cpu_s(console.pid) - used) / seconds, (cpu_s(runner) - runner_used) / seconds
                latencies = [cursor for cursor, _ in walk(console, presses)]
        finally:
            Lab.remove(place / "lab")
    return Load(p95(latencies), p95(bare), core, runner_core)


def latency() -> Row:
    """How soon a key is painted."""
    load = measured()
    met = load.p95_s <= LATENCY_LIMIT_S
    limit = f"≤ {ms(LATENCY_LIMIT_S)} p95"
    return Row(f"keys, {SYSTEMS} systems", f"{ms(load.p95_s)} p95", f"idle bare app {ms(load.bare_p95_s)}", limit, met)


def core() -> Row:
    """What it costs at rest."""
    load = measured()
    reference = f"its runner {load.runner_core:.1%}"
    limit = f"≤ {CORE_LIMIT:.0%} of a core"
    return Row(f"at rest, {SYSTEMS} systems", f"{load.core:.1%} of a core", reference, limit, load.core <= CORE_LIMIT)
