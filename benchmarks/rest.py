"""The console at rest: bytes a second, processor time and memory with an open incident and no keys pressed."""

from __future__ import annotations

import functools
import os
from typing import NamedTuple

from benchmarks.bare import TEXT
from benchmarks.process import cpu_s, resident
from benchmarks.stand import BARE, console_at_rest
from benchmarks.table import Row, mb
from benchmarks.terminal import Terminal

BYTES_LIMIT, CORE_LIMIT, MEMORY_LIMIT = 95, 0.01, 50e6
SETTLED_S = 8.0


class Rest(NamedTuple):
    """One program at rest."""

    bytes_s: float
    core: float
    resident: int


@functools.cache
def measured() -> tuple[Rest, Rest]:
    """Watch the console and a bare app for BENCH_REST seconds each (65: a minute's turn is among them)."""
    seconds = float(os.environ.get("BENCH_REST", "65"))
    with Terminal(BARE, {}) as bare:
        bare.until(lambda text: TEXT in text)
        reference = _watch(bare, min(seconds, 10.0))
    with console_at_rest(["postgres"]) as (_, console):
        return _watch(console, seconds), reference


def _watch(terminal: Terminal, seconds: float) -> Rest:
    terminal.listen(min(SETTLED_S, seconds))
    used = cpu_s(terminal.pid)
    sent = terminal.listen(seconds)
    return Rest(sent / seconds, (cpu_s(terminal.pid) - used) / seconds, resident(terminal.pid))


def traffic() -> Row:
    """Measure what it sends."""
    console, bare = measured()
    reference = f"bare app, no clock: {bare.bytes_s:.0f} B/s"
    met = round(console.bytes_s) <= BYTES_LIMIT
    return Row("sent at rest", f"{console.bytes_s:.0f} B/s", reference, f"≤ {BYTES_LIMIT} B/s", met)


def core() -> Row:
    """Measure its processor time."""
    console, bare = measured()
    reference = f"bare app, no clock: {bare.core:.2%}"
    limit = f"≤ {CORE_LIMIT:.0%} of a core"
    return Row("processor at rest", f"{console.core:.2%} of a core", reference, limit, console.core <= CORE_LIMIT)


def memory() -> Row:
    """Measure its resident memory."""
    console, bare = measured()
    reference = f"bare app {mb(bare.resident)}"
    limit = f"≤ {mb(MEMORY_LIMIT)}"
    return Row("memory at rest (RSS)", mb(console.resident), reference, limit, console.resident <= MEMORY_LIMIT)
