"""Incidents in which the runner of one step is killed at a point, and the next one sees it through."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from benchmarks.incidents import Incidents, InventoryLab, fold, over
from cleo_contract.dying_runners import DyingRunner, Zygote
from journal.commands.declare import Declaration, declare
from journal.commands.incident import IncidentCommands
from journal.errors import CleoError
from journal.events.types import Kind
from journal.incident.closing import phrase, remaining
from journal.incident.interlock import word_to_type
from journal.incident.records import Run, RunState
from journal.incident.upcoming import next_step
from journal.paths import Paths
from journal.plan.load import load_plan
from journal.store.journal import Journal
from journal.verify import verify
from tests.actions.worlds import PLAN
from tests.labs import PARENT
from tests.opened import closed_with_the_test
from tests.waiting import until

ACTOR = "bench@bench"
_TRIES = 3


class Step(NamedTuple):
    """A step of the plan: what it runs, and the plan's system that it acts on."""

    id: str
    action: str
    system: str
    params: Mapping[str, Any] = {}


def plan_of(steps: Sequence[Step]) -> dict[str, Any]:
    """Return a plan with these steps in a row, and one to tick at its end."""
    point = {"name": "recovery_point", "question": "To when?", "kind": "recovery-point"}
    written: list[dict[str, Any]] = [{"id": "point", "title": "Point", "decision": point}]
    for step in steps:
        one = {"id": step.id, "title": step.id.capitalize(), "action": step.action, "system": step.system}
        written.append({**one, "params": dict(step.params), "needs": [written[-1]["id"]]})
    written.append({"id": "end", "title": "End", "items": ["It is over"], "needs": [written[-1]["id"]]})
    systems = {name: {"title": name, "tier": "critical", "data": "database"} for name in {one.system for one in steps}}
    (phase,) = PLAN["phases"]
    return {
        **PLAN,
        "objectives": {**PLAN["objectives"], "rto": {"critical": {"title": "Critical", "rto": "1 h"}}},
        "systems": systems,
        "scenarios": {"loss": {**PLAN["scenarios"]["loss"], "systems": list(systems)}},
        "phases": [{**phase, "sections": [{"title": "Work", "steps": written}]}],
    }


class Forked(NamedTuple):
    """A runner that was forked, asked as a process of its own is."""

    runner: DyingRunner

    def poll(self) -> int | None:
        """Return that it ended; None: it is at work."""
        return None if self.runner.alive() else 0


class Killing:
    """Incidents in which the steps of a plan are done in a row, and the runner of one of them is killed."""

    def __init__(self, lab: InventoryLab, home: Path, steps: Sequence[Step]) -> None:
        self.incidents = Incidents(lab, home)
        self.steps = [step.id for step in steps]
        self.plan = home / "plan.yaml"
        self.plan.write_text(json.dumps(plan_of(steps)))
        self.zygote = closed_with_the_test(Zygote("benchmarks.dying_runner", self.incidents.env).__enter__())

    @contextmanager
    def runner(self, place: Path, dies_at: int = 0) -> Iterator[Forked]:
        """A runner at work on an incident, killed at a point; it is stopped at the end of the block."""
        self.incidents.seen.write_text("")
        with self.zygote.forked([str(place), str(dies_at), str(self.incidents.seen)], self.incidents.seen) as runner:
            yield Forked(runner)

    def close(self, place: Path) -> None:
        """Close an incident, whatever is not in order; its runner gives up its claims."""
        with self.runner(place) as process:
            left = phrase(remaining(fold(place)))
            self._say(place, lambda desk: desk.close("over", left))
            until(lambda: process.poll() is not None, 60)

    def begun(self, before: str) -> Path:
        """Declare an incident, and do the steps that stand before one."""
        home, now = self.incidents.home, datetime.now(UTC)
        what = Declaration(
            title="It broke", scenario="loss", severity="SEV1", kind=Kind.LAB, began_at=now, discovered_at=now
        )
        places = Paths(incidents=home / "incidents", locks=home / "locks")
        inventory = str(self.incidents.lab.inventory_path)
        place = declare(places, load_plan(self.plan), what, actor=ACTOR, inventory=inventory).folder
        self._say(place, lambda desk: desk.decide("point", "latest"))
        for step in self.steps[: self.steps.index(before)]:
            self._prepare(place, step)
        return place

    def _prepare(self, place: Path, step: str) -> None:
        """Have a step done that comes before; as people do, once more where a busy machine gave no answer in time."""
        for _ in range(_TRIES - 1):
            try:
                self.through(place, step)
            except AssertionError as error:
                print(f"{step} before, once more: {error}")
            else:
                return
        self.through(place, step)

    def through(self, place: Path, step: str) -> Run:
        """Have a step done."""
        word = self._word(place, step)
        with self.runner(place) as process:
            found = over(place, self._ask(place, step, word), process)
        assert found
        assert found.state is RunState.SUCCEEDED, (found.summary, found.refusal)
        return found

    def points(self, step: str) -> list[str]:
        """Do a step without a kill, and return the points that it passes."""
        place = self.begun(step)
        self.through(place, step)
        found = self.incidents.points()
        self.close(place)
        return found

    def killed(self, place: Path, step: str, number: int, meanwhile: Callable[[], None] = lambda: None) -> str:
        """Kill a step's runner at a point; have the next one see it through; return what that made of the run.

        ``meanwhile`` looks at what the kill left. In between NEXT leads to the step, afterwards
        to the one behind it, or to what the run itself names.
        """
        word = self._word(place, step)
        with self.runner(place, number) as process:
            run = self._ask(place, step, word)
            ended = over(place, run, process)
            assert ended is None, f"the runner was not killed: {ended.summary}; it passed {self.incidents.points()}"
        meanwhile()
        with self.runner(place) as process:
            found = over(place, run, process)
            assert found
            first, led = str(found.state), next_step(fold(place))
            assert found.state in (RunState.SUCCEEDED, RunState.IN_DOUBT), (first, found.summary, found.refusal)
            if found.state is RunState.IN_DOUBT:
                assert led
                assert led.id == step, led
                self._say(place, lambda desk: desk.resolve(run, "run_again", "the runner was killed"))
                found = over(place, self._ask(place, step, word), process)
        assert found
        assert found.state is RunState.SUCCEEDED, (first, found.summary, found.refusal)
        assert verify(place / "journal.db").ok
        led = next_step(fold(place))
        assert led
        after = [*self.steps, "end"][self.steps.index(step) + 1]
        assert led.id == after or led.action in {cure.action for cure in found.cures}, led
        return first

    def _word(self, place: Path, step: str) -> str:
        with self.runner(place) as process:
            found = over(place, self._say(place, lambda desk: desk.request_run(step, dry_run=True)), process)
        assert found, "the runner died"
        assert not found.closed, found.closed
        assert found.state is RunState.SUCCEEDED, (found.summary, found.refusal)
        return word_to_type(found.target)

    def _ask(self, place: Path, step: str, word: str) -> int:
        run: int = self._say(place, lambda desk: desk.request_run(step, confirmed=word))
        return run

    def _say(self, place: Path, say: Callable[[IncidentCommands], Any]) -> Any:
        with Journal.open(place / "journal.db", actor=ACTOR) as journal:
            return say(IncidentCommands(journal, lambda: fold(place)))


class Kept(NamedTuple):
    """Files as they were before, to be put back between two kills."""

    texts: dict[Path, str]

    @classmethod
    def of(cls, *folders: Path) -> Kept:
        """Keep every file that lies in these folders."""
        return cls({path: path.read_text() for folder in folders for path in folder.iterdir() if path.is_file()})

    def back(self) -> None:
        """Put them back."""
        for path, text in self.texts.items():
            path.write_text(text)


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder for incidents, with a short path."""
    place = Path(tempfile.mkdtemp(prefix="cleo-soak-", dir=PARENT))
    yield place
    shutil.rmtree(place)


class Seen:
    """What clients saw meanwhile: the writes that were acknowledged to one, and two servers that led at once."""

    def __init__(self) -> None:
        self.acknowledged = list[int]()
        self.two = list[str]()


@contextmanager
def watched(write: Callable[[int], bool], leads: Mapping[str, Callable[[], bool]]) -> Iterator[Seen]:
    """Have a client write numbers without end, and another one look who leads, for the length of the block.

    Args:
        write: writes a number, and returns whether it was acknowledged.
        leads: by a server's name, whether that says that it takes writes; what it raises counts as no.
    """
    seen, over_ = Seen(), threading.Event()

    def writing() -> None:
        number = 0
        while not over_.wait(0.005):
            number += 1
            if write(number):
                seen.acknowledged.append(number)
            else:
                over_.wait(0.1)

    def looking() -> None:
        while not over_.wait(0.01):
            leading = [name for name, ask in leads.items() if _says(ask)]
            if len(leading) > 1 and _says(leads[leading[0]]):  # else it was the one, and then the other
                seen.two.append(" and ".join(leading))

    threads = [threading.Thread(target=each, daemon=True) for each in (writing, looking)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over_.set()
        for thread in threads:
            thread.join()


def _says(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except (CleoError, OSError):
        return False
