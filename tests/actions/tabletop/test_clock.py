"""The exercise's clock: it goes fast while somebody waits, never past what is due, and reads the same everywhere."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from actions.tabletop.clock import TableClock
from journal.exercise.clock import ExerciseClock

START = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
FAST = 1e9


def _at(clock: TableClock) -> float:
    return round((clock.now() - START).total_seconds())


def test_a_wait_takes_its_time_by_the_clock_whatever_the_speed() -> None:
    clock = TableClock(FAST, START)
    clock.sleep(420)
    assert _at(clock) == 420
    assert round(clock.seconds()) == 420


def test_waits_that_overlap_end_in_their_order() -> None:
    clock, ended = TableClock(FAST, START), list[int]()

    def wait(seconds: int) -> None:
        ready.wait()
        clock.sleep(seconds)
        ended.append(seconds)

    ready = threading.Barrier(3)
    threads = [threading.Thread(target=wait, args=(seconds,)) for seconds in (300, 60)]
    clock.set_alarm(START)  # it stands until both wait
    for thread in threads:
        thread.start()
    ready.wait()
    while len(clock._sleepers) < 2:
        threads[0].join(0.01)
    clock.set_alarm(None)
    for thread in threads:
        thread.join()
    assert ended == [60, 300]
    assert _at(clock) == 300


def test_it_does_not_pass_an_alarm_before_the_next_is_set() -> None:
    clock = TableClock(FAST, START)
    clock.set_alarm(START + timedelta(seconds=30))
    waiting = threading.Thread(target=clock.sleep, args=(100,))
    waiting.start()
    while _at(clock) < 30:
        clock.wait_for_alarm(1)
    assert _at(clock) == 30
    clock.set_alarm(None)
    waiting.join()
    assert _at(clock) == 100


def test_other_processes_read_the_same_time_and_that_it_stands(tmp_path: Path) -> None:
    clock, elsewhere = TableClock(FAST, START, tmp_path), ExerciseClock(tmp_path)
    clock.sleep(3600)
    assert abs((elsewhere.now() - clock.now()).total_seconds()) < 5
    clock.stand_still()
    assert elsewhere.now() == clock.now() == elsewhere.now()


def test_without_a_table_it_is_the_time_in_life(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    assert before <= ExerciseClock(tmp_path).now() <= datetime.now(UTC)
