"""The probe for a run in doubt that used external programs: finds them again and reports their exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions.action import Action
from actions.outcome import Outcome
from actions.runner.programs import Programs, how_it_ended, lost_sight_of
from actions.transport import State
from journal.incident.looks import REATTACH
from journal.incident.records import Program, Run
from journal.plan.action_spec import ActionSpec

if TYPE_CHECKING:
    from actions.context import ActionContext


_STILL = " still runs "
_LOST = "its keeper died, and nobody learns its exit status"


def reattach_action(doubtful: Run, programs: Programs) -> Action:
    """Return the probe that finds the programs of ``doubtful`` again.

    It changes nothing: a program that still runs is left alone, and said to run. What one printed since
    goes to the probe's own output, for the doubtful run's is closed and covered by the chain.

    Args:
        doubtful: the run in doubt.
        programs: journals how its programs ended.
    """

    def look(ctx: ActionContext) -> Outcome:
        said = [_look(ctx, program, programs) for program in doubtful.programs if program.finished_at is None]
        running = [words for words in said if _STILL in words]
        return Outcome(ok=True, summary="; ".join(said), facts={"running": running} if running else {})

    spec = ActionSpec(name=REATTACH, title="Find its programs again, and tell how they ended")
    return Action(spec, look)


def _look(ctx: ActionContext, program: Program, programs: Programs) -> str:
    name = program.argv[0] if program.argv else program.key
    transport = ctx.transport(program.host)
    status = transport.attach(program.spool, program.argv).status()
    if status.state is State.RUNNING:
        return f"{name}{_STILL}(pid {status.pid}{', stopped: it does nothing' if status.stopped else ''})"
    if status.state is State.UNKNOWN:
        return f"{name}{_STILL}(pid {status.pid}); {_LOST}" if status.alive else f"{name} is gone; {_LOST}"
    if lost := lost_sight_of(program, transport, status):
        return f"{name}: {lost.what_is_known}"
    if status.state is not State.FINISHED:
        return f"{name} was {status.state}"

    def take(stream: str, text: str) -> None:
        ctx.log(f"{text}\n", stream)  # the break after the last line: else an empty last line would be none

    completed = programs.follow(program, transport, take)
    return how_it_ended(name, completed.code)
