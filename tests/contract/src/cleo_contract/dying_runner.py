"""A runner that is killed at its n-th point between two effects: ``dying_runner FOLDER POINT POINTS_FILE``.

Points are the moments after each effect that an action announces, right before and after each program that it runs,
and before a run's end is written down. Point 0 never comes.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from actions.runner import Runner, worker
from actions.runner.context import RunContext
from actions.runner.inventory_watch import InventoryWatch
from cleo_console.settings import places
from cleo_console.world import inventory_at, real_world
from journal.paths import IncidentPlace

FOLDER, DIES_AT, SEEN = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
_passed = 0


def pass_by(name: str) -> None:
    """Note a point, and die there if it is the one: as a killed process does, nothing after it is executed."""
    global _passed
    _passed += 1
    with SEEN.open("a") as file:
        file.write(f"{_passed} {name}\n")
    if _passed == DIES_AT:
        os.kill(os.getpid(), signal.SIGKILL)


def watch_points() -> None:
    """Pass a point at each effect, program and end."""
    effect, run, end = RunContext.effect, RunContext.run, worker.Worker._end

    def watched_effect(self: RunContext, what: str) -> bool:
        wanted = effect(self, what)
        if not self.dry_run:
            pass_by(f"announced: {what}")
        return wanted

    def watched_run(self: RunContext, key: str, *args: Any, **more: Any) -> Any:
        pass_by(f"before the program {key}")
        done = run(self, key, *args, **more)
        pass_by(f"after the program {key}")
        return done

    def watched_end(self: worker.Worker, body: Any) -> None:
        pass_by("before the end is written down")
        end(self, body)

    RunContext.effect, RunContext.run = watched_effect, watched_run  # type: ignore[method-assign]
    worker.Worker._end = watched_end  # type: ignore[method-assign]


def main() -> None:
    """Run until the incident is closed, stopped or killed."""
    watch_points()
    paths = places()
    watch = InventoryWatch(paths.inventory, lambda: real_world(inventory_at(paths.inventory), paths))
    runner = Runner(IncidentPlace(folder=FOLDER), watch.first(), actor="runner@contract", watch=watch)
    signal.signal(signal.SIGTERM, lambda *_: runner.stop())
    runner.run()


if __name__ == "__main__":
    main()
