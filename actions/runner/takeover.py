"""What a new runner does with the unfinished runs of a dead one: it marks them in doubt and re-runs none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from actions.runner.programs import how_it_ended, what_is_known
from actions.runner.worker import Job
from actions.runner.writes import RunnerGone
from actions.transport import NothingStarted, ProgramLost, TransportLost
from journal.errors import CleoError
from journal.events import types as e
from journal.incident.records import Program

READS_ON = "A new runner took over here: its predecessor died. It starts nothing, and reads on what still runs."


def close_in_doubt(job: Job) -> None:
    """Follow the programs of an action that still run, journal how they ended, and mark the action in doubt.

    The Python around the programs died with its runner; what it would have done next, nobody knows.
    """
    words = [_follow(job, program) for program in _unfinished(job.run.programs)]
    words = words or [_told(program) for program in job.run.programs]
    job.context.close()
    body = e.ActionInDoubt(
        step=job.run.step,
        run=job.run.id,
        why="its runner died while it was at work",
        program="; ".join(words) or "it ran no external program; how far it got is not known",
    )
    with suppress(RunnerGone):
        job.writes.append_end(body)


def _unfinished(programs: Sequence[Program]) -> list[Program]:
    return [program for program in programs if program.finished_at is None]


def _follow(job: Job, program: Program) -> str:
    """Return in words how a program that outlived its runner ended."""
    name = program.argv[0] if program.argv else program.key

    def take(stream: str, text: str) -> None:
        job.context.program_output(stream, text)

    try:
        transport = job.context.transport(program.host)
        completed = job.context.programs.follow(program, transport, take)
    except NothingStarted:
        return f"{name} never started"
    except (ProgramLost, TransportLost) as error:
        return f"{name}: {what_is_known(error)}"
    except CleoError as error:
        return f"{name}: {error}"
    return how_it_ended(name, completed.code)


def _told(program: Program) -> str:
    name = program.argv[0] if program.argv else program.key
    return how_it_ended(name, program.code)
