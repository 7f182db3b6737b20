"""Key latency under load: four actions print and no system answers while the checklist is walked."""

from __future__ import annotations

import functools
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from benchmarks.bare import TEXT
from benchmarks.process import cpu_s
from benchmarks.stand import BARE, ROOT, Stand, console_at_rest, wait_for
from benchmarks.table import Row, ms
from benchmarks.terminal import Terminal
from journal.commands.incident import IncidentCommands
from journal.incident.records import RunState
from journal.store.journal import Journal

LATENCY_LIMIT_S, CORE_LIMIT = 0.010, 0.25
ACTIONS, RATE = 4, 1_000
SILENT = ("postgres", "mongodb", "redis", "kubernetes", "load_balancer", "dns")
SETTLED_S = 5.0
DOWN, UP = b"\x1b[B", b"\x1b[A"


class Load(NamedTuple):
    """What was measured while everything printed; ``pane_p95_s`` is until the step's whole text is painted."""

    p95_s: float
    pane_p95_s: float
    bare_p95_s: float
    core: float
    runner_core: float
    lines_s: float


@functools.cache
def measured() -> Load:
    """Press BENCH_KEYS keys (100 by default) in the console, and as many in a bare app on the idle machine."""
    presses = int(os.environ.get("BENCH_KEYS", "100"))
    bare = bare_latencies(presses)
    with printing_console(RATE, presses * 0.4 + 20) as (stand, console):
        runner, before, begun = stand.runner_pid(), _lines(stand), time.monotonic()
        used, runner_used = cpu_s(console.pid), cpu_s(runner)
        latencies = list(walk(console, presses))
        seconds = time.monotonic() - begun
        core, runner_core = (cpu_s(console.pid) - used) / seconds, (cpu_s(runner) - runner_used) / seconds
        lines_s = (_lines(stand) - before) / seconds
    cursors, panes = zip(*latencies, strict=True)
    return Load(p95(cursors), p95(panes), p95(bare), core, runner_core, lines_s)


@contextmanager
def printing_console(rate: int, seconds: float) -> Iterator[tuple[Stand, Terminal]]:
    """The console at the first of four running steps, each printing ``rate`` lines a second; no system answers."""
    command = [sys.executable, str(ROOT / "benchmarks" / "flood.py"), str(rate), f"{seconds:.0f}"]
    steps = [_step(number, command) for number in range(1, ACTIONS + 1)]
    with (
        console_at_rest(SILENT, steps) as (stand, console),
        Journal.open(stand.place.journal, actor="bench@bench") as journal,
    ):
        commands = IncidentCommands(journal, stand.incident)
        runs = [commands.request_run(step["id"]) for step in steps]
        try:
            wait_for("four running actions", lambda: _running(stand) == ACTIONS)
            console.listen(min(SETTLED_S, seconds / 10))
            yield stand, console
        finally:
            for run in runs:
                commands.cancel(run)
            wait_for("the end of all actions", lambda: _running(stand) == 0)


def _step(number: int, command: list[str]) -> dict[str, Any]:
    return {"id": f"print-{number}", "title": f"Print {number}", "command": command, "host": "db1", "expect": "5 min"}


def _running(stand: Stand) -> int:
    return sum(run.state in (RunState.RUNNING, RunState.CANCELLING) for run in stand.incident().runs.values())


def _lines(stand: Stand) -> int:
    with stand.reader() as reader:
        return sum(line.n for run in stand.incident().runs for line in reader.tail(run, 1))


def walk(console: Terminal, presses: int) -> Iterator[tuple[float, float]]:
    """Go down and up between two steps that print; yield when the cursor's new line, and when its step was painted."""
    for number in range(presses):
        console.listen(random.uniform(0.1, 0.4))
        key, step = (DOWN, "Print 2") if number % 2 == 0 else (UP, "Print 1")
        console.press(key)
        yield console.until(_paints(step)), console.until(_paints(f"{step[-1]} {step}"))


def _paints(title: str) -> Callable[[str], bool]:
    return lambda text: title in text


def bare_latencies(presses: int) -> list[float]:
    """Return how long a bare app takes to paint each of some keys, in seconds."""
    with Terminal(BARE, {}) as bare:
        bare.until(lambda text: TEXT in text)
        return list(_press_bare(bare, presses))


def _press_bare(bare: Terminal, presses: int) -> Iterator[float]:
    for number in range(presses):
        bare.listen(random.uniform(0.05, 0.15))
        letter = "ab"[number % 2]
        bare.press(letter.encode())
        yield bare.until(_paints(f"pressed {letter}"))


def p95(values: Sequence[float]) -> float:
    """Return the value that 95 of 100 do not exceed."""
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def latency() -> Row:
    """Measure from key to paint."""
    found = measured()
    limit = f"p95 ≤ {ms(LATENCY_LIMIT_S)}"
    reference = f"bare app, nothing printing: p95 {ms(found.bare_p95_s)}"
    measured_ = f"p95 {ms(found.p95_s)}; whole step {ms(found.pane_p95_s)}"
    return Row("key to paint under load", measured_, reference, limit, found.p95_s <= LATENCY_LIMIT_S)


def core() -> Row:
    """Measure the console's processor time meanwhile."""
    found = measured()
    reference = f"its runner {found.runner_core:.1%}, {found.lines_s:,.0f} lines/s journalled"
    figure = f"processor, {ACTIONS} actions × {RATE:,} lines/s"
    return Row(
        figure, f"{found.core:.1%} of a core", reference, f"≤ {CORE_LIMIT:.0%} of a core", found.core <= CORE_LIMIT
    )
