"""The plan's data section with its tracks at once, compared with its critical path, each track measured by itself.

In one lab and one run: each store in turn loses its data and is recovered alone, by what NEXT names; then all three do,
and go at once. The critical path is the longest way by what waits for what: the cache is warmed once PostgreSQL and
Redis are verified, and nothing else waits for another track.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.stand import folder
from benchmarks.table import Row, not_measured
from cleo_console.lab import Lab
from journal.errors import CleoError
from journal.incident.records import Run, RunState
from journal.incident.state import Incident
from tests.e2e.follower import Follower
from tests.e2e.recovered import STORES

LIMIT = 1.15
_WARM = "redis-warm-cache"
_BEFORE_IT = ("stop_writers", "stop", "restore", "apply_wal", "rebuild_indexes", "reload_aof", "verify")
"""What the tracks are made of, by the ends of the actions' names."""


def run() -> Row:
    """Recover stores of BENCH_TRACKS_SIZE (small by default) alone and at once, in BENCH_TRACKS_TURNS turns (2)."""
    size, turns = os.environ.get("BENCH_TRACKS_SIZE", "small"), int(os.environ.get("BENCH_TRACKS_TURNS", "2"))
    figure, limit = f"three stores ({size}) recovered at once", f"≤ {LIMIT:g} ×"
    with folder() as place:
        try:
            lab = Lab.up(place / "lab", size, backup_minutes=600, say=lambda text: print(text, file=sys.stderr))
            both = [_turn(lab, place / str(turn)) for turn in range(turns)]
        except CleoError as error:
            return not_measured(figure, limit, str(error))
        finally:
            Lab.remove(place / "lab")
    at_once, path = min(both, key=lambda one: one[0] / one[1])
    ratio = at_once / path
    return Row(figure, f"{at_once:.1f} s = {ratio:.2f} ×", f"critical path {path:.1f} s", limit, ratio <= LIMIT)


def _turn(lab: Lab, home: Path) -> tuple[float, float]:
    """Return how many seconds the tracks took at once, and how many their critical path did."""
    alone = {system: _recovered(lab, home / system, system) for system in STORES}
    tracks = {system: _seconds(_of(incident, _is_of_track)) for system, incident in alone.items()}
    warming = _seconds(_of(alone["redis"], lambda run: run.step == _WARM))
    path = max(tracks["mongodb"], max(tracks["postgres"], tracks["redis"]) + warming)
    together = _recovered(lab, home / "all", *STORES)
    return _seconds(_of(together, lambda run: _is_of_track(run) or run.step == _WARM)), path


def _recovered(lab: Lab, home: Path, *systems: str) -> Incident:
    """Take all data of some stores away, recover them by what NEXT names, and return the closed incident."""
    for system in systems:
        (total,) = [kind.how for kind in lab.services[system].faults if kind.total]
        lab.break_(system, total)
    follower = Follower(
        lab.inventory_path, home, words={system: f"{system}@{os.uname().nodename}" for system in STORES}
    )
    with follower.at_work():
        follower.follow()
        return follower.close()


def _of(incident: Incident, wanted: Callable[[Run], bool]) -> list[Run]:
    return [run for run in incident.runs.values() if run.changes_step and wanted(run)]


def _is_of_track(run: Run) -> bool:
    system, _, verb = run.action.partition(".")
    return system in STORES and verb in _BEFORE_IT


def _seconds(runs: Iterable[Run]) -> float:
    """Return how long it took from the first request to the last end.

    Raises:
        RuntimeError: one of them did not succeed, or there is none.
    """
    found = list(runs)
    if not found or any(run.state is not RunState.SUCCEEDED for run in found):
        raise RuntimeError(f"not recovered: {[(run.action, str(run.state), run.summary) for run in found]}")
    ends = [run.finished_at for run in found if run.finished_at]
    return (max(ends) - min(run.requested_at for run in found)).total_seconds()
