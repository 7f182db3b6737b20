"""How long ``cleo plan import`` takes for the written plan, beside a bare parse of the same document."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.stand import CONSOLE, ROOT, folder
from benchmarks.table import Row

LIMIT_S = 1.0
DOCUMENT = ROOT / "tests" / "runbooks" / "cleoai-dr-plan.md"
_BARE = "import sys, markdown_it; markdown_it.MarkdownIt('commonmark').parse(open(sys.argv[1]).read())"


def run() -> Row:
    """Import it BENCH_STARTS times (9 by default), in turns with the bare parse; the first turn only warms up."""
    with folder() as home:
        turns = [_turn(home) for _ in range(int(os.environ.get("BENCH_STARTS", "9")) + 1)][1:]
    bare, whole = (statistics.median(column) for column in zip(*turns, strict=True))
    reference = f"markdown-it-py alone, with its start {bare:.2f} s"
    return Row("import of the written plan", f"{whole:.2f} s", reference, f"≤ {LIMIT_S:g} s", whole <= LIMIT_S)


def _turn(home: Path) -> tuple[float, float]:
    words = ["plan", "import", str(DOCUMENT), "-o", str(home / "plan.yaml"), "--force"]
    return _taken([sys.executable, "-c", _BARE, str(DOCUMENT)]), _taken([*CONSOLE, *words])


def _taken(command: Sequence[str]) -> float:
    """Return how many seconds a command takes, from exec to exit."""
    begun = time.monotonic()
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, check=True, capture_output=True, env=env)
    return time.monotonic() - begun
