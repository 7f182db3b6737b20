"""A sweep over 200 systems: 100 that answer, and 100 that accept a connection and never do."""

from __future__ import annotations

import os
import subprocess

import yaml

from benchmarks.stand import CONSOLE, ROOT, Stand, folder, silent_systems
from benchmarks.table import Row
from cleo_console.lab import Lab

SYSTEMS = 200
DEADLINE_S, MORE_S = 5.0, 1.0
"""Seconds that a status check gives each system (`actions.overview.status`), and that all of them may take longer."""
_STEP = "check-status"


def run() -> Row:
    """Check the status of all of them by a runner, from when it begins until it has said what it found."""
    with folder() as place:
        lab = Lab.up(place / "lab", systems=["postgres"], backup_minutes=60.0)
        try:
            entry = yaml.safe_load(lab.inventory_path.read_text())["systems"]["postgres"]
            answering = {f"up-{number}": entry for number in range(SYSTEMS // 2)}
            silent = [f"silent-{number}" for number in range(SYSTEMS // 2)]
            with silent_systems(place, silent, answering) as inventory:
                took_s, up = _swept(Stand(place / "home", inventory))
        finally:
            Lab.remove(place / "lab")
    figure, limit = f"status of {SYSTEMS} systems, half silent", f"≤ {DEADLINE_S + MORE_S:g} s"
    measured = f"{took_s:.1f} s, {up} of {SYSTEMS // 2} seen to be up"
    met = took_s <= DEADLINE_S + MORE_S and up == SYSTEMS // 2
    return Row(figure, measured, f"one silent system {DEADLINE_S:g} s", limit, met)


def _swept(stand: Stand) -> tuple[float, int]:
    """Return how many seconds the check took, and how many systems it saw up."""
    with stand:
        subprocess.run(
            [*CONSOLE, "run", "status.check"],
            cwd=ROOT,
            env={**os.environ, **stand.env},
            check=False,
            capture_output=True,
        )
        (swept,) = [one for one in stand.incident().runs.values() if one.step == _STEP]
    assert swept.started_at
    assert swept.finished_at
    up = sum(status == "up" for status in swept.facts.values())
    return (swept.finished_at - swept.started_at).total_seconds(), up
