"""Kills a process that appends with SIGKILL, in a loop, and checks that acknowledged events and the chain survive.

A child appends events and output from two threads and acknowledges each through a pipe; some children also close and
reopen the journal all the time. The parent kills it at a random moment, then looks. Children are forked, not started
anew, so that a kill costs milliseconds: call `run` from a process that has one thread and no journal open.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, NoReturn

from benchmarks.table import Row
from benchmarks.terminal import readable
from journal.events.types import IncidentDeclared, Kind, NoteAdded
from journal.store.journal import Journal, OutputLine, Reader
from journal.verify import verify

KILLS_A_FILE = 25
MOST_HEARD = 30
LONGEST_MOMENT_SECONDS = 0.003
LONGEST_SILENCE_SECONDS = 30.0
OPENS_AT_ONCE_SECONDS = 1.0
RUN = 7


class Result(NamedTuple):
    """What came of it. ``lost`` counts acknowledged events that are gone, ``broken`` files that did not verify."""

    kills: int
    acknowledged: int
    lost: int
    broken: int
    slowest_open_s: float

    @property
    def kept(self) -> bool:
        """Whether the promise was kept, and tried at all."""
        return not self.lost and not self.broken and self.tried

    @property
    def tried(self) -> bool:
        """Whether children came to append between kills."""
        return self.acknowledged > self.kills


class Acknowledged(NamedTuple):
    """What one child said that it had written."""

    events: dict[int, str]
    lines: int
    opened_s: float


def run(kills: int) -> Result:
    """Kill a writer this many times.

    Raises:
        RuntimeError: a child died by itself.
    """
    total = Result(0, 0, 0, 0, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        for path in _new_journals(Path(folder)):
            for _ in range(min(KILLS_A_FILE, kills - total.kills)):
                total = _add(total, path, _kill_one(path))
            path.unlink()
            if total.kills == kills:
                return total
    return total


def row() -> Row:
    """Kill a writer BENCH_KILLS times (10,000 by default), in a process of its own: children are forked from it."""
    kills = os.environ.get("BENCH_KILLS", "10000")
    command = [sys.executable, "-m", "benchmarks.kills", kills]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    said = done.stdout.strip() or done.stderr.strip()[-300:]
    found = re.fullmatch(
        r"Result\(kills=(\d+), acknowledged=(\d+), lost=(\d+), broken=(\d+), slowest_open_s=(.*)\)", said
    )
    if found is None:
        raise RuntimeError(f"the killing came to nothing: {said}")
    measured = f"{found[3]} lost, {found[4]} broken of {int(found[2]):,}"
    slowest = f"slowest open {float(found[5]) * 1e3:.1f} ms"
    met = done.returncode == 0 and float(found[5]) < OPENS_AT_ONCE_SECONDS
    return Row(f"{int(found[1]):,} SIGKILLs while appending", measured, slowest, "0 lost, 0 broken, 1 s", met)


def _new_journals(folder: Path) -> Iterator[Path]:
    number = 0
    while True:
        number += 1
        path = folder / f"{number}.sqlite"
        Journal.create(path, declaration(), actor="parent@bench").close()
        yield path


def declaration() -> IncidentDeclared:
    """Return the declaration event of a throwaway journal."""
    return IncidentDeclared(
        id="INC-BENCH",
        title="A benchmark",
        kind=Kind.LAB,
        scenario="infrastructure",
        severity="SEV-1",
        began_at="2026-01-01T00:00:00Z",
        discovered_at="2026-01-01T00:00:00Z",
        plan={},
        plan_sha256="",
    )


def _add(total: Result, path: Path, said: Acknowledged) -> Result:
    started = time.monotonic()
    with Reader(path) as reader:
        first = min(said.events, default=1) - 1
        there = {event.seq: event.hash for event in reader.events(after=first)}
        lines, _ = reader.output_digest(RUN)
    opened = max(time.monotonic() - started, said.opened_s)
    lost = sum(there.get(seq) != own_hash for seq, own_hash in said.events.items()) + max(0, said.lines - lines)
    broken = not verify(path).ok
    acknowledged = total.acknowledged + len(said.events)
    return Result(
        total.kills + 1, acknowledged, total.lost + lost, total.broken + broken, max(total.slowest_open_s, opened)
    )


def _kill_one(path: Path) -> Acknowledged:
    """Let one child live for a moment."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _append_until_killed(path, writing, reopening=random.random() < 0.3)
    os.close(writing)
    try:
        said = _listen(reading, random.randrange(MOST_HEARD))
        time.sleep(random.uniform(0, LONGEST_MOMENT_SECONDS))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            raise RuntimeError("a child died by itself: see what it printed")
        with open(reading, "rb", closefd=False) as pipe:
            return _heard((said + pipe.read()).decode())
    finally:
        os.close(reading)


def _listen(reading: int, lines: int) -> bytes:
    """Return what a child says, once there are this many lines: a slow disk makes no difference to what is tried."""
    said = b""
    while said.count(b"\n") < lines and readable(reading, LONGEST_SILENCE_SECONDS):
        heard = os.read(reading, 65_536)
        if not heard:
            break
        said += heard
    return said


def _heard(text: str) -> Acknowledged:
    said = [line.split() for line in text.splitlines()]
    events = {int(word[1]): word[2] for word in said if word[0] == "event"}
    lines = max((int(word[1]) for word in said if word[0] == "lines"), default=0)
    opened = max((float(word[1]) for word in said if word[0] == "opened"), default=0.0)
    return Acknowledged(events, lines, opened)


def _append_until_killed(path: Path, pipe: int, reopening: bool) -> NoReturn:
    try:
        while True:
            started = time.monotonic()
            journal = Journal.open(path, actor="child@bench")
            _say(pipe, f"opened {time.monotonic() - started}")
            turns = 3 if reopening else sys.maxsize
            printing = threading.Thread(target=_print, args=(journal, pipe, turns))
            printing.start()
            for number in range(turns):
                (event,) = journal.append(NoteAdded(text=f"note {number}"))
                _say(pipe, f"event {event.seq} {event.hash}")
            printing.join()
            journal.close()
    finally:
        os._exit(1)


def _print(journal: Journal, pipe: int, turns: int) -> None:
    there, _ = journal.output_digest(RUN)
    for _ in range(turns):
        together = random.randint(1, 40)
        text = "\n".join(["restore file base/16384/2619"] * together)
        pieces = [OutputLine(RUN, 0, datetime.now(UTC), "stdout", text)] * random.randint(1, 9)
        journal.append_output(RUN, pieces)
        there += together * len(pieces)
        _say(pipe, f"lines {there}")


def _say(pipe: int, line: str) -> None:
    os.write(pipe, f"{line}\n".encode())


if __name__ == "__main__":
    outcome = run(int(sys.argv[1]))
    print(outcome)
    sys.exit(0 if outcome.kept else 1)
