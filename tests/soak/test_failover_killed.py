"""The runner of a fence or a promotion is killed at every point between two effects: the next one sees it through."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from actions.systems.redis.failover.follows import follows_at_start
from actions.systems.redis.server import server_of
from benchmarks.between_effects import Incidents, ask, fold, over
from cleo_console.lab.redis import server
from journal.commands.incident import IncidentCommands
from journal.incident.interlock import word_to_type
from journal.incident.records import Run, RunState
from journal.store.journal import Journal
from journal.verify import verify
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.labs import PARENT

STANDBY = "redis-standby"


@pytest.fixture
def home() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="cleo-soak-", dir=PARENT))
    yield place
    shutil.rmtree(place)


class Kept(NamedTuple):
    """Files as they were before, to be put back between two kills."""

    texts: dict[Path, str]

    def back(self) -> None:
        for path, text in self.texts.items():
            path.write_text(text)


class Killing:
    """Incidents in which one action is killed, and run again."""

    def __init__(self, lab: Any, home: Path, system: str) -> None:
        self.incidents = Incidents(lab, home)
        self.system = system

    def _commands(self, place: Path, ask_it: Callable[[IncidentCommands], Any]) -> Any:
        with Journal.open(place / "journal.db", actor="bench@bench") as journal:
            return ask_it(IncidentCommands(journal, lambda: fold(place)))

    def word(self, place: Path, action: str) -> str:
        with self.incidents.runner(place) as process:
            run = self._commands(place, lambda c: c.request_action(action, {}, system=self.system, dry_run=True))
            found = over(place, run, process)
        assert found, "the runner died"
        assert not [one for one in found.closed if one.yields == "never"], found.closed
        return word_to_type(found.target)

    def through(self, place: Path, action: str) -> Run:
        word = self.word(place, action)
        with self.incidents.runner(place) as process:
            found = over(place, ask(place, action, word, self.system), process)
        assert found
        assert found.state is RunState.SUCCEEDED, (found.summary, found.refusal)
        return found

    def killed(self, place: Path, action: str, number: int) -> str:
        """Kill an action's runner at a point; have the next one see it through; return what that made of the run."""
        word = self.word(place, action)
        with self.incidents.runner(place, number) as process:
            run = ask(place, action, word, self.system)
            assert over(place, run, process) is None, "the runner was not killed"
        with self.incidents.runner(place) as process:
            found = over(place, run, process)
            assert found
            first = str(found.state)
            if found.state is RunState.IN_DOUBT:
                self._commands(place, lambda c: c.resolve(run, "run_again", "the runner was killed"))
            if found.state is not RunState.SUCCEEDED:
                found = over(place, ask(place, action, word, self.system), process)
        assert found
        assert found.state is RunState.SUCCEEDED, (first, found.summary, found.refusal)
        assert verify(place / "journal.db").ok
        return first


def reset(lab: RedisLab, kept: Kept) -> None:
    """Have master and replica as they were before the failover."""
    for name in (STANDBY, "redis"):
        if server.server_pid(lab.node(name)):
            server.stop(lab.node(name))
    kept.back()
    for name in ("redis", STANDBY):
        server.start(lab.node(name))
    server.wait_until_followed(lab.node(STANDBY))


@pytest.mark.parametrize("action", ["redis.fence", "redis.promote"])
def test_redis(action: str, home: Path) -> None:
    with running_redis(standby=True) as lab:
        killing = Killing(lab, home, "redis")
        files = [p for name in ("redis", STANDBY) for p in (lab.node(name).directory / "etc").iterdir() if p.is_file()]
        kept = Kept({path: path.read_text() for path in files})
        before = ["redis.fence"] if action == "redis.promote" else []

        def begun() -> Path:
            reset(lab, kept)
            place = killing.incidents.declare()
            for each in before:
                killing.through(place, each)
            return place

        place = begun()
        killing.through(place, action)
        points = killing.incidents.points()
        killing.incidents.close(place)
        assert len(points) > 3, points
        for number, name in enumerate(points, 1):
            place = begun()
            state = killing.killed(place, action, number)
            print(f"{action}, {name}: {state}")
            text = lab.node().config_file.read_text()
            assert text.count("cleo_fenced") == 1 + text.count("# cleo_fenced"), name
            assert server.server_pid(lab.node()) is None, name
            standby = lab.node(STANDBY)
            role = "master" if before else "slave"
            assert standby.info("replication")["role"] == role, name
            assert bool(follows_at_start(server_of(lab.ctx(), STANDBY))) is not bool(before), name
            killing.incidents.close(place)
