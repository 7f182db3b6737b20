"""SIGKILL in a loop while appending. The loop itself is in ``benchmarks/kills.py``, where it also runs longer."""

from __future__ import annotations

import subprocess
import sys

from tests.journal.journals import ROOT


def test_nothing_acknowledged_is_lost_to_a_kill() -> None:
    command = [sys.executable, "-m", "benchmarks.kills", "200"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kills=200" in done.stdout
    assert "lost=0, broken=0" in done.stdout
