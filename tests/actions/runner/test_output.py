"""What programs print, from their spool to the journal: in pieces of many lines, each line once and without secrets."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from actions.redaction import Redactor
from actions.runner.context import RunContext
from actions.runner.output import MOST_WAITING, OutputPump
from actions.runner.programs import Programs
from actions.runner.reattach import reattach_action
from actions.runner.writes import Writes
from actions.transport import local
from journal.events.types import RunRequested
from journal.incident.records import Program, Run
from journal.paths import IncidentPlace
from journal.store.journal import Journal, JournalUnanswered, JournalWriteFailed, OutputLine, Reader
from tests.actions.transport.support import Output, finish
from tests.journal.journals import begun
from tests.waiting import until

RUN = 2
LINES = {"out": [str(n) for n in range(1, 20_001)], "err": [f"oh {n}" for n in range(1, 301)]}
PRINT = "seq 20000; i=0; while [ $i -lt 300 ]; do i=$((i + 1)); echo oh $i >&2; done"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with begun(tmp_path) as journal:
        journal.append(RunRequested(step="work", action="work"))
        yield journal


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A program that printed, and ended."""
    begin = datetime.now(UTC)
    finish(local().start(tmp_path / "spool", ["sh", "-c", PRINT]))
    return Program("print", ["sh"], "here", str(tmp_path / "spool"), begin)


def texts(path: Path) -> list[str]:
    with Reader(path) as reader:
        return [line.text for line in reader.output(RUN)]


def asked_for(*programs: Program) -> Run:
    """A run, with the programs that an earlier runner started for it."""
    return Run(RUN, "work", "work", "", {}, False, 0, "", [], "ana", datetime.now(UTC), programs=list(programs))


@pytest.mark.parametrize(
    ("out", "err"), [(0, 0), (1, 300), (11_703, 0), (11_704, 1), (19_999, 299), (20_000, 300), (20_000, 0)]
)
def test_a_new_runner_goes_on_at_the_line_where_the_journal_ends(
    journal: Journal, program: Program, tmp_path: Path, out: int, err: int
) -> None:
    now = datetime.now(UTC)
    known = {"out": LINES["out"][:out], "err": LINES["err"][:err]}
    before = OutputLine(RUN, 0, datetime(2026, 1, 1, tzinfo=UTC), "out", "an earlier\nprogram")
    said = OutputLine(RUN, 0, now, "log", "run it\nnow")
    taken_in = [OutputLine(RUN, 0, now, stream, "\n".join(lines)) for stream, lines in known.items() if lines]
    journal.append_output(RUN, [before, said, *taken_in])
    programs = Programs(asked_for(program), journal.path, journal.append, Redactor())
    output = Output()
    assert programs.follow(program, local(), output).code == 0
    assert output.of("out") == LINES["out"][out:]
    assert output.of("err") == LINES["err"][err:]


def test_the_probe_of_a_run_in_doubt_hands_on_empty_lines_as_well(journal: Journal, tmp_path: Path) -> None:
    begin, spool = datetime.now(UTC), tmp_path / "gaps"
    finish(local().start(spool, ["printf", "a\n\n\nb\n\n"]))
    program = Program("print", ["printf"], "here", str(spool), begin)
    doubtful = asked_for(program)
    world: Any = SimpleNamespace(inventory=SimpleNamespace(host=lambda name: name), open_transport=lambda host: local())
    facts: Any = None
    writes = Writes(journal, lambda trouble: None, lambda: False)
    programs = Programs(doubtful, journal.path, journal.append, Redactor())
    look = reattach_action(doubtful, programs)
    place = IncidentPlace(folder=tmp_path)
    ctx = RunContext(asked_for(), look, incident=facts, place=place, world=world, writes=writes)
    outcome = look.function(ctx)
    ctx.close()
    assert "exit status 0" in outcome.summary
    assert texts(journal.path) == ["a", "", "", "b", ""]


@pytest.mark.parametrize("secrets", [["hunter2"], ["hunter2", "hunter2-and-more"], ["one\ntwo", "hunter2"]])
def test_a_secret_is_blotted_out_of_many_lines_at_once(secrets: Sequence[str]) -> None:
    redactor = Redactor()
    for secret in secrets:
        redactor.mark(secret)
    lines = ["password=hunter2", "hunter2-and-more, twice: hunter2-and-more", "hunter", "2", "", "one", "two", "•••"]
    clean = redactor.text("\n".join(lines))
    assert "hunter2" not in clean
    assert not any(secret in clean for secret in secrets)
    assert len(clean.split("\n")) == len(lines), "who reads the output again counts on it"


def test_a_secret_that_is_read_in_two_pieces_is_blotted_out(tmp_path: Path) -> None:
    """The spool is read while the program is in the middle of a word: what is no whole line waits."""
    (tmp_path / "read").mkdir()
    go, redactor, seen = tmp_path / "go", Redactor(), Output()
    redactor.mark("hunter2")
    script = f"printf 'a\\nhun'; until [ -e {go} ]; do sleep 0.02; done; printf 'ter2\\nb\\n'"
    handle = local().start(tmp_path / "spool", ["sh", "-c", script])

    def take(stream: str, text: str) -> None:
        seen(stream, redactor.text(text))
        go.touch()

    handle.wait(on_output=take, cancelled=lambda: False, deadline_s=30)
    assert seen.of("out") == ["a", "•••", "b"]


class SlowJournal:
    """Stands where the journal does; refuses once, and takes nothing before it may."""

    def __init__(self, journal: Journal) -> None:
        self.may, self._journal, self._refused = threading.Event(), journal, False
        self.now = journal.now

    def append_output(self, run: int, lines: Sequence[OutputLine]) -> None:
        self.may.wait(30)
        if not self._refused:
            self._refused = True
            raise JournalWriteFailed("The disk is full.")
        self._journal.append_output(run, lines)


def test_who_prints_faster_than_the_disk_takes_it_is_held_up_and_loses_nothing(journal: Journal) -> None:
    slow: Any = SlowJournal(journal)
    troubles: list[str] = []
    pump = OutputPump(slow, RUN, troubles.append)
    text = "\n".join(["x" * 99] * 600)
    pieces = 3 * MOST_WAITING // len(text)
    written: list[int] = []

    def write() -> None:
        for n in range(pieces):
            pump.write("out", f"{n}\n{text}")
            written.append(n)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    until(lambda: len(written) * len(text) > MOST_WAITING)
    writer.join(0.3)
    assert writer.is_alive(), "it is held up"
    assert len(written) < 2 * MOST_WAITING // len(text) + 3
    slow.may.set()
    writer.join(30)
    pump.close()
    assert [line for line in texts(journal.path) if line[0] != "x"] == [str(n) for n in range(pieces)]
    assert journal.output_digest(RUN)[0] == pieces * 601
    assert (troubles[0], troubles[-1]) == ("The disk is full.", "")


def test_an_effect_is_announced_on_the_disk_before_it_is_carried_out(journal: Journal, tmp_path: Path) -> None:
    """Whoever dies right after it leaves the words; a disk that takes nothing holds a recovery up for a moment only."""
    world: Any = SimpleNamespace(inventory=None)
    facts: Any = None
    action = reattach_action(asked_for(), Programs(asked_for(), journal.path, journal.append, Redactor()))
    writes, place = Writes(journal, lambda trouble: None, lambda: False), IncidentPlace(folder=tmp_path)
    ctx = RunContext(asked_for(), action, incident=facts, place=place, world=world, writes=writes)
    for what in ("apply one", "apply another"):
        assert ctx.effect(what)
        assert texts(journal.path)[-1] == what
    ctx.close()
    slow: Any = SlowJournal(journal)
    pump = OutputPump(slow, RUN, lambda trouble: None)
    pump.write("log", "apply a third")
    assert not pump.flush(0.1)
    slow.may.set()
    assert pump.flush(30)
    pump.close()
    assert texts(journal.path)[-1] == "apply a third"


class HangingJournal:
    """Stands where the journal does: what it is given is written, which it says when asked twice."""

    def __init__(self, journal: Journal) -> None:
        self._journal, self._asked = journal, 0
        self.now = journal.now

    def append_output(self, run: int, lines: Sequence[OutputLine]) -> None:
        self._journal.append_output(run, lines)
        raise self._unanswered()

    def _unanswered(self) -> JournalUnanswered:
        return JournalUnanswered("It may or may not be written.", "Look at the disk.", self._settle)

    def _settle(self) -> None:
        self._asked += 1
        if self._asked == 1:
            raise self._unanswered()


def test_what_the_disk_has_not_answered_for_is_not_written_twice(journal: Journal) -> None:
    hanging: Any = HangingJournal(journal)
    troubles: list[str] = []
    pump = OutputPump(hanging, RUN, troubles.append)
    pump.write("out", "one\ntwo")
    pump.close()
    assert texts(journal.path) == ["one", "two"]
    assert troubles == ["It may or may not be written.\n  Look at the disk."] * 2 + [""]
