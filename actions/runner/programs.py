"""Starts a run's external programs, finds them again after a takeover, and journals how they ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from actions.redaction import Redactor
from actions.transport import Completed, Handle, OnOutput, ProgramLost, ProgramStatus, State, Transport
from actions.transport.program import ending
from journal.events.types import Body, ProgramFinished, ProgramStarted
from journal.incident.records import Program, Run
from journal.store.failover.segments import segments_of
from journal.store.journal import Reader

Append = Callable[[Body], object]

_NEVER_RAN = (State.NOT_STARTED, State.GIVEN_UP)
_MARK = 12
"""So many digits of the first event's hash stand in a spool's name."""


class Programs:
    """Starts, finds and follows the programs of one run.

    Args:
        run: the run, with the programs that an earlier runner started for it.
        journal: the journal's path: tells how much of their output is already in it.
        append: writes an event, however long the disk refuses it.
        redactor: takes the secrets out of what is written.
    """

    def __init__(self, run: Run, journal: Path, append: Append, redactor: Redactor) -> None:
        self._run = run.id
        self._step = run.step
        self._append = append
        self._redactor = redactor
        self._earlier = {program.key: program for program in run.programs}
        self._journal = journal
        self._folder = segments_of(journal)[-1].parent  # spools go where the journal went: the first disk may be full
        self._attempts: Counter[str] = Counter(program.key for program in run.programs)

    def run(
        self,
        key: str,
        host: str,
        transport: Transport,
        argv: Sequence[str],
        *,
        timeout_s: float | None,
        user: str,
        env: Mapping[str, str] | None,
        on_output: OnOutput,
        cancelled: Callable[[], bool],
    ) -> Completed:
        """Run ``argv`` to its end, or follow the one that an earlier runner started under this key.

        Raises:
            ProgramLost, TransportLost: it cannot be known how it ended.
            NothingStarted: it did not start.
        """
        earlier = self._earlier.pop(key, None)
        handle = self._found(earlier, transport, argv) if earlier else None
        if handle is None:
            handle = self._start(key, host, transport, argv, user=user, env=env)
        elif earlier:
            on_output = self._skipping_known(earlier, on_output)
        completed = handle.wait(on_output=on_output, cancelled=cancelled, deadline_s=timeout_s)
        if not (earlier and earlier.finished_at):
            self._finished(key, completed, reattached=earlier is not None)
        return completed

    def follow(self, program: Program, transport: Transport, on_output: OnOutput) -> Completed:
        """Follow a program whose action is gone to its end, and journal its exit status.

        Raises:
            ProgramLost, TransportLost: it cannot be known how it ended, or whether it ran at all.
            NothingStarted: it never ran, and never will.
        """
        handle = transport.attach(program.spool, program.argv)
        if lost := lost_sight_of(program, transport, handle.status()):
            raise lost
        handle.give_up()
        completed = handle.wait(on_output=self._skipping_known(program, on_output), cancelled=lambda: False)
        self._finished(program.key, completed, reattached=True)
        return completed

    def _start(
        self,
        key: str,
        host: str,
        transport: Transport,
        argv: Sequence[str],
        *,
        user: str,
        env: Mapping[str, str] | None,
    ) -> Handle:
        self._attempts[key] += 1
        spool = transport.place_spool(self._folder, self._spool_name(key))
        shown = [self._redactor.text(word) for word in argv]
        body = ProgramStarted(
            step=self._step,
            run=self._run,
            key=key,
            argv=shown,
            host=host,
            address=transport.address,
            spool=str(spool),
        )
        self._append(body)
        return transport.start(spool, argv, env=env, user=user)

    def _spool_name(self, key: str) -> str:
        """Return the name of a new program's spool, which no other journal gives.

        Two consoles may each have an incident of this number, and work on the same host. The first event's hash is the
        same after a takeover, in the next segment, in an export, and for all who have this journal open.
        """
        again = f"-{self._attempts[key]}" if self._attempts[key] > 1 else ""
        with Reader(self._journal) as reader:
            mark = next(reader.events(limit=1)).hash[:_MARK]
        return f"{self._run}-{key}{again}-{mark}"

    def _found(self, earlier: Program, transport: Transport, argv: Sequence[str]) -> Handle | None:
        """Return the earlier program, or None where it never ran and never will: then it may be started now."""
        handle = transport.attach(earlier.spool, argv)
        status = handle.status()
        if lost := lost_sight_of(earlier, transport, status):
            raise lost
        return None if status.state in _NEVER_RAN and handle.give_up() else handle

    def _finished(self, key: str, completed: Completed, *, reattached: bool) -> None:
        body = ProgramFinished(
            step=self._step,
            run=self._run,
            key=key,
            code=completed.code,
            duration_s=round(completed.duration_s, 3),
            reattached=reattached or completed.reattached,
        )
        self._append(body)

    def _skipping_known(self, program: Program, on_output: OnOutput) -> OnOutput:
        """Leave out the lines that are in the journal already: the spool is read from its start again."""
        with Reader(self._journal) as reader:
            known = reader.printed(self._run, program.started_at)
        known.pop("log", None)  # what we said of it ourselves is not in its spool

        def take(stream: str, text: str) -> None:
            if left := known.get(stream):
                lines = text.split("\n")
                known[stream] = max(0, left - len(lines))
                if len(lines) <= left:
                    return
                text = "\n".join(lines[left:])
            on_output(stream, text)

        return take


def lost_sight_of(program: Program, transport: Transport, status: ProgramStatus) -> ProgramLost | None:
    """Return that it cannot be known whether a program ran: its host's name leads elsewhere now, and it is not there.

    Where its spool is found under the new address all the same, nothing is lost.

    Args:
        program: what was started under an earlier runner.
        transport: the way to what the inventory calls its host now.
        status: how the program stands there.
    """
    if status.state not in _NEVER_RAN or program.address in ("", transport.address):
        return None
    name = program.argv[0] if program.argv else program.key
    where = f"{program.host} was {program.address} then, and is {transport.address} now"
    return ProgramLost(
        f"It cannot be known whether {name} ran: {where}, where there is no trace of it.",
        f"whether it ran cannot be known from here: {where}. Look at {program.spool} there",
    )


def what_is_known(error: Exception) -> str:
    """Return what is known of a program after ``error``, in words."""
    return error.what_is_known if isinstance(error, ProgramLost) else str(error)


def how_it_ended(name: str, code: int | None) -> str:
    """Return in words how a program ended; a signal is the cause, never an exit status."""
    return f"{name} {ending(code)}"
