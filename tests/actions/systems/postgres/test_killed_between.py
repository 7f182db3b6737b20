"""A real runner, killed in the middle of one file and around another: the next one sees what truly stands.

The longer way, every point of every action of a recovery, is ``make soak`` (``benchmarks/between_effects.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.between_effects import PostgresIncidents, through, word_of
from benchmarks.incidents import ask, over
from benchmarks.whole_files import half_files
from journal.incident.records import Run, RunState
from journal.verify import verify
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-killed-between")


class Played:
    """One incident, in which actions are killed one after the other."""

    def __init__(self, lab: Lab, home: Path) -> None:
        self.incidents = PostgresIncidents(lab, home)
        self.word = word_of(self.incidents)
        self.place = self.incidents.declare()

    def through(self, action: str) -> list[str]:
        """Run an action to its end; return the points that it passed."""
        through(self.incidents, self.place, action, self.word)
        return self.incidents.points()

    def killed(self, action: str, number: int) -> Run:
        """Kill an action's runner at a point; return what the next runner made of the run."""
        with self.incidents.runner(self.place, number) as process:
            run = ask(self.place, action, self.word)
            assert over(self.place, run, process) is None, "the runner was not killed"
        assert half_files(self.incidents.cluster) == []
        with self.incidents.runner(self.place) as process:
            found = over(self.place, run, process)
        assert found
        return found


@pytest.fixture(scope="module")
def played(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    found = Played(lab, tmp_path_factory.mktemp("home"))
    yield found
    assert verify(found.place / "journal.db").ok


@pytest.mark.soak
def test_a_hold_is_whole_wherever_its_runner_died(lab: Lab, played: Played) -> None:
    before = lab.postgres.backup_config.read_text()
    points = [(n, name) for n, name in enumerate(played.through("backups.hold"), 1) if "the file" in name]
    assert len(points) == 6, points
    for number, name in points[1::2]:
        played.through("backups.release")
        assert lab.postgres.backup_config.read_text() == before, name
        assert not lab.postgres.hold_file.exists(), name
        assert played.killed("backups.hold", number).state is RunState.SUCCEEDED, name
        assert lab.postgres.hold_file.read_text().count(played.place.name) == 1, name
        assert lab.postgres.backup_config.read_text().count(f"Held for incident {played.place.name} ") == 1, name
    played.through("backups.release")


@pytest.mark.soak
def test_writers_are_let_in_though_the_runner_died_before_the_server_read_its_file(lab: Lab, played: Played) -> None:
    played.through("postgres.stop_writers")
    points = played.through("postgres.allow_writers")
    played.through("postgres.stop_writers")
    found = played.killed("postgres.allow_writers", points.index("after the file pg_hba.conf") + 1)
    assert found.state is RunState.SUCCEEDED
    assert lab.postgres.app_psql("SELECT 1") == "1"
