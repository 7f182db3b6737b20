"""Every figure can be measured, small: what is checked is that a number came out, not which one."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from benchmarks.__main__ import FIGURES
from tests.journal.journals import ROOT

SMALL = {
    "BENCH_STARTS": "1",
    "BENCH_KEYS": "2",
    "BENCH_REST": "1",
    "BENCH_APPENDS": "50",
    "BENCH_TOGETHER": "0.3",
    "BENCH_OUTPUT": "0.5",
    "BENCH_EVENTS": "300",
    "BENCH_REPORT_EVENTS": "300",
    "BENCH_KILLS": "10",
    "BENCH_JOURNALS": "5",
}
GROUPS = [
    ["start-first", "start-whole"],
    ["key-latency", "key-core", "rest-bytes", "rest-core", "rest-memory"],
    ["appends", "appends-processor", "together", "output", "propagation", "plan-import", "scrape"],
    ["evidence"],
    ["events-time", "events-memory", "report", "kills"],
]
TOO_LONG = {
    "restore",
    "fleet-keys",
    "fleet-core",
    "sweep",
    "ready",
    "keys-postmaster",
    "keys-directory",
    "keys-table",
    "between-effects",
    "warm",
    "mongodb-restore",
    "whole-recovery",
    "site-recovery",
}
"""Each needs a lab of its own, for half a minute to half an hour."""


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    command, env = [sys.executable, "-m", "benchmarks", *words], {**os.environ, **SMALL}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=250, check=False)


@pytest.mark.early
@pytest.mark.parametrize(
    "names", [*(pytest.param(names, marks=pytest.mark.soak) for names in GROUPS[:-1]), GROUPS[-1]], ids=" ".join
)
def test_figures_are_measured(names: list[str]) -> None:
    done = bench(*names)
    rows = [re.split(r"\s{2,}", line) for line in done.stdout.splitlines()[1:]]
    assert len(rows) == len(names), done.stdout + done.stderr
    assert "not measured" not in done.stdout, done.stdout
    for _figure, measured, reference, limit, verdict in rows:
        assert all(re.search(r"\d", cell) for cell in (measured, reference, limit))
        assert verdict in ("met", "NOT MET")
    assert done.returncode == (1 if "NOT MET" in done.stdout else 0)


def test_every_figure_is_tried_here_or_takes_too_long() -> None:
    assert sorted(FIGURES) == sorted([*TOO_LONG, *(name for names in GROUPS for name in names)])
    assert bench("--list").stdout.split() == list(FIGURES)


def test_what_cannot_be_measured_says_why_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DIR", "/nowhere")
    done = bench("appends", "events-memory")
    assert done.stdout.count("not measured: FileNotFoundError: ") == 2
    assert done.returncode == 1
