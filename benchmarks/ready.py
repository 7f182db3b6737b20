"""``cleo ready`` over 200 systems: 100 that answer, 50 that accept a connection and never do, 50 on hosts like that."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from benchmarks.stand import CONSOLE, ROOT, folder, silent_systems
from benchmarks.table import Row
from cleo_console.lab import Lab

SYSTEMS = 200
WITHIN_S, MORE_S, MOST_MB = 30.0, 2.0, 80.0
"""Seconds that are given for all looks, that it may take longer, and the memory that it may have at its most."""


def run() -> Row:
    """Look at all of them, from the command to its end; beside it the same at one system alone."""
    with folder() as place:
        lab = Lab.up(place / "lab", systems=["postgres"], backup_minutes=60.0)
        try:
            alone_s, _, _ = _looked(place, lab.inventory_path)
            entry = yaml.safe_load(lab.inventory_path.read_text())["systems"]["postgres"]
            with _fleet(place, entry) as inventory:
                took_s, peak_mb, up = _looked(place, inventory)
        finally:
            Lab.remove(place / "lab")
    figure = f"ready of {SYSTEMS} systems, half silent"
    measured = f"{took_s:.1f} s, {peak_mb:.0f} MB, {up} of {SYSTEMS // 2} seen to be up"
    limit = f"≤ {WITHIN_S + MORE_S:g} s, {MOST_MB:g} MB"
    met = took_s <= WITHIN_S + MORE_S and peak_mb <= MOST_MB and up == SYSTEMS // 2
    return Row(figure, measured, f"one system {alone_s:.1f} s", limit, met)


@contextmanager
def _fleet(place: Path, entry: dict[str, Any]) -> Iterator[Path]:
    """An inventory of which half answers, a quarter never does, and a quarter lies on hosts that never do."""
    answering = {f"up-{number}": entry for number in range(SYSTEMS // 2)}
    silent = [f"silent-{number}" for number in range(SYSTEMS // 2)]
    with silent_systems(place, silent, answering) as inventory:
        data = json.loads(inventory.read_text())
        port = data["systems"][silent[0]]["port"]
        for name in silent[::2]:
            data["hosts"][f"host-{name}"] = {
                "via": "ssh",
                "host": "127.0.0.1",
                "port": port,
                "known_hosts": "/etc/hosts",
            }
            data["systems"][name]["host"] = f"host-{name}"
        inventory.write_text(json.dumps(data))
        yield inventory


def _looked(place: Path, inventory: Path) -> tuple[float, float, int]:
    """Return how many seconds a look took, its peak of memory in MB, and how many systems it saw up."""
    env = {**os.environ, "CLEO_HOME": str(place / "home"), "CLEO_INVENTORY": str(inventory)}
    argv = [*CONSOLE, "ready", "--json", "--within", f"{WITHIN_S:g}"]
    begun, printed = time.monotonic(), place / "ready.json"
    with printed.open("wb") as out:
        program = subprocess.Popen(argv, cwd=ROOT, env=env, stdout=out, stdin=subprocess.DEVNULL)
        _, _, used = os.wait4(program.pid, 0)
    took_s = time.monotonic() - begun
    program.returncode = 0  # it was waited for by its number
    systems = json.loads(printed.read_text())["systems"]
    return took_s, used.ru_maxrss / 1024, sum(one.get("status") in ("up", "degraded") for one in systems.values())
