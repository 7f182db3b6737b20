"""The monitor: every change of a system's health is in the journal once, whatever the disk does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from actions.health import Health
from actions.runner import monitor, readings
from journal.events.types import HealthChanged
from journal.store.journal import Journal, JournalError, JournalNotFound, JournalWriteFailed, Reader
from tests.actions.runner.slow_disk import SlowDisk
from tests.actions.worlds import declared, places_in
from tests.waiting import until


class Measured:
    """A probe that finds the system up, and counts."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, deadline_s: float) -> Health:
        self.times += 1
        return Health(status="up", detail="answers")


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    monkeypatch.setattr(monitor, "EVERY_S", 0.01)
    monkeypatch.setattr(readings, "GATHER_S", 0.01)
    with Journal.open(declared(places_in(tmp_path)).journal, actor="runner@here") as journal:
        yield journal


@contextmanager
def watching(disk: Any, probe: Any, told: Callable[[str], None] = lambda text: None) -> Iterator[monitor.Monitor]:
    watch = monitor.Monitor({"thing": probe}, disk, told, {})
    watch.start()
    try:
        yield watch
    finally:
        if not isinstance(disk, Journal):
            disk.answers.set()
        watch.stop()


def changes(journal: Journal) -> list[str]:
    with Reader(journal.path) as reader:
        return [event.body.status for event in reader.events() if isinstance(event.body, HealthChanged)]


def test_a_change_that_the_disk_has_not_answered_for_is_not_written_twice(journal: Journal) -> None:
    disk, probe, troubles = SlowDisk(journal), Measured(), list[str]()
    with watching(disk, probe, troubles.append):
        until(lambda: disk.waited_for.is_set() or disk.attempts > 1)
        disk.answers.set()
        until(lambda: probe.times > 5)
    assert changes(journal) == ["up"]
    assert (troubles[0], troubles[-1]) == ("It may or may not be written.\n  Look at the disk.", "")


def test_a_change_that_was_not_written_after_all_is_measured_and_written_again(journal: Journal) -> None:
    disk, probe = SlowDisk(journal, JournalWriteFailed("The disk is full.", "Free some space.")), Measured()
    with watching(disk, probe):
        disk.answers.set()
        until(lambda: changes(journal))
        seen = probe.times
        until(lambda: probe.times > seen + 3)
    assert (changes(journal), disk.attempts) == (["up"], 2)


def test_it_ends_while_the_disk_does_not_answer_and_leaves_what_is_not_known_alone(journal: Journal) -> None:
    disk, probe = SlowDisk(journal), Measured()
    with watching(disk, probe) as watch:
        until(disk.waited_for.is_set)
        watch.stop()
        until(lambda: not [thread for thread in threading.enumerate() if thread.name == "probe-thing"])
        assert (disk.attempts, probe.times, changes(journal)) == (1, 1, [])


class RefusesAMeasure:
    """A disk that refuses one measure, once the change before it is written."""

    def __init__(self, journal: Journal, error: JournalError) -> None:
        self.answers = threading.Event()
        self.measures = 0
        self._journal = journal
        self._error = error

    def set_readings(self, readings: dict[str, Any]) -> None:
        self.measures += 1
        if self.measures == 3:
            raise self._error
        self._journal.set_readings(readings)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


@pytest.mark.parametrize("error", [JournalWriteFailed, JournalNotFound])
def test_a_refused_measure_is_trouble_no_longer_than_until_the_next_one_goes(
    journal: Journal, error: type[JournalError]
) -> None:
    disk, troubles = RefusesAMeasure(journal, error("The disk is full.", "Free some space.")), list[str]()
    with watching(disk, Measured(), troubles.append):
        until(lambda: disk.measures > 5)
    assert troubles == ["", "The disk is full.\n  Free some space.", ""]


class Sees:
    """A probe that sees commits until the system is lost."""

    def __init__(self, seen: list[str], *, lost: bool = False) -> None:
        self.seen, self.lost = iter(seen), lost

    def __call__(self, deadline_s: float) -> Health:
        newest = None if self.lost else next(self.seen, None)
        if newest is None:
            return Health(status="down", detail="gone", facts={"reason": "refused"})
        return Health(status="up", detail="answers", facts={"newest_commit_at": newest})


def last_commits(journal: Journal) -> list[tuple[str, str]]:
    with Reader(journal.path) as reader:
        bodies = [event.body for event in reader.events() if isinstance(event.body, HealthChanged)]
    return [(body.status, f"{body.last.newest_commit_at:%S}" if body.last else "") for body in bodies]  # type: ignore[union-attr]


def test_the_newest_commit_seen_is_kept_as_the_system_goes_down(journal: Journal) -> None:
    with watching(journal, Sees([f"2026-03-01T02:50:{n:02}+00:00" for n in (1, 2, 7)])):
        until(lambda: len(changes(journal)) == 2)
    assert last_commits(journal) == [("up", ""), ("down", "07")]


def test_a_system_that_goes_down_while_no_runner_is_there_was_seen_by_the_one_before(journal: Journal) -> None:
    journal.set_reading("health:thing", {"status": "up", "last": {"newest_commit_at": "2026-03-01T02:50:09+00:00"}})
    with watching(journal, Sees([], lost=True)):
        until(lambda: changes(journal))
    assert last_commits(journal) == [("down", "09")]
