"""Forks runners, each of which is killed at its n-th point between two effects; is asked for them on standard input.

Points are the moments after each effect that an action announces, right before and after each program that it runs,
and before a run's end is written down.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from actions.registry import registry
from actions.runner import Runner, worker
from actions.runner.context import RunContext
from actions.runner.inventory_watch import InventoryWatch
from cleo_console.world import inventory_at, real_world
from journal.paths import IncidentPlace, Paths


class Points:
    """Counts points, and dies at one of them: as a killed process does, nothing after it is executed.

    Args:
        dies_at: the number of that one.
        seen: the file into which the last one that was passed is written.
    """

    def __init__(self, dies_at: int, seen: Path) -> None:
        self._dies_at = dies_at
        self._seen = seen
        self._passed = 0

    def pass_by(self, name: str) -> None:
        """Note a point, or die there."""
        self._passed += 1
        if self._passed == self._dies_at:
            self._seen.write_text(f"{self._passed} {name}\n")
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Pass a point at each effect, program and end."""
        effect, run, end = RunContext.effect, RunContext.run, worker.Worker._end

        def watched_effect(context: RunContext, what: str) -> bool:
            wanted = effect(context, what)
            self.pass_by(f"announced: {what}")
            return wanted

        def watched_run(context: RunContext, key: str, *args: Any, **more: Any) -> Any:
            self.pass_by(f"before the program {key}")
            done = run(context, key, *args, **more)
            self.pass_by(f"after the program {key}")
            return done

        def watched_end(job: worker.Worker, body: Any) -> None:
            self.pass_by("before the end is written down")
            end(job, body)

        for owner, name, watched in (
            (RunContext, "effect", watched_effect),
            (RunContext, "run", watched_run),
            (worker.Worker, "_end", watched_end),
        ):
            setattr(owner, name, watched)


def execute(dies_at: str, seen: str, folder: str, home: str, inventory: str) -> None:
    """Run until the incident is closed, or until it is stopped or killed."""
    Points(int(dies_at), Path(seen)).watch()
    paths = Paths(incidents=Path(home) / "incidents", locks=Path(home) / "locks", inventory=Path(inventory))
    watch = InventoryWatch(paths.inventory, lambda: real_world(inventory_at(paths.inventory), paths))
    runner = Runner(IncidentPlace(folder=Path(folder)), watch.first(), actor="runner@contract", watch=watch)
    signal.signal(signal.SIGTERM, lambda *_: runner.stop())
    runner.run()


def main() -> None:
    """Fork a runner for each line, and wait for it at the line ``wait``."""
    dict(registry())  # all actions, once for all runners
    pid = 0
    for line in sys.stdin:
        if line.strip() == "wait":
            print(os.waitpid(pid, 0)[1], flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            execute(*line.rstrip("\n").split("\t"))
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
