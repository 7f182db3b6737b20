"""A runner in a process of its own, with actions that tests can hold up: ``runner_program FOLDER HOME``."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Outcome
from actions.runner import Runner
from actions.runner.write_fault import WriteFaultFlag
from journal.events.types import Identity
from journal.paths import IncidentPlace
from tests.actions.worlds import places_in, world

HOME = Path(sys.argv[2]) if len(sys.argv) > 2 else Path()

LOOP = """
i=0
while [ ! -e "$0/go" ]; do i=$((i+1)); [ $i -le 5 ] && echo "line $i"; sleep 0.05; done
echo ran >>"$0/ran"
echo end
exit 7
"""


@action("thing.work", resumable=True)
def follow_a_program(ctx: ActionContext) -> Outcome:
    """Run a program that waits for the test, and can be entered again."""
    ctx.effect("run it")
    done = ctx.run("loop", "here", ["sh", "-c", LOOP, str(HOME)])
    return Outcome(ok=done.code == 7, summary=f"exit status {done.code}")


@action("thing.other", probe="thing.look")
def follow_a_program_once(ctx: ActionContext) -> Outcome:
    """Run the same program in an action that cannot be entered again."""
    done = ctx.run("loop", "here", ["sh", "-c", LOOP, str(HOME)])
    return Outcome(ok=True, summary=f"exit status {done.code}")


@action("thing.verify", probe="thing.look")
def wait_inside(ctx: ActionContext) -> Outcome:
    """Have an effect in this process, then wait for the test."""
    with (HOME / "effects").open("a") as file:
        file.write("one\n")
    ctx.log("the effect is there")
    pause = threading.Event()
    while not (HOME / "go").exists():
        pause.wait(0.02)
    return Outcome(ok=True, summary="done")


@action("thing.look")
def look(ctx: ActionContext) -> Outcome:
    """Look at what was left."""
    return Outcome(ok=True, summary=(HOME / "effects").read_text())


@action("thing.replace", destructive=True, target=lambda ctx: [Identity(name="path", value="/data", known="reported")])
def replace(ctx: ActionContext) -> Outcome:
    """Replace the thing."""
    return Outcome(ok=True, summary="replaced")


def main() -> None:
    place = IncidentPlace(folder=Path(sys.argv[1]))
    flag = WriteFaultFlag(place.folder)
    actions = world(places_in(HOME), follow_a_program, follow_a_program_once, wait_inside, look, replace)
    Runner(place, actions, actor="runner@here", on_fault=flag.raise_).run()


if __name__ == "__main__":
    main()
