"""How far apart the runs of a schedule are, at most."""

from __future__ import annotations

from datetime import timedelta

import pytest

from journal.plan.cron import longest_gap

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("schedule", "gap"),
    [
        ("*/15 * * * *", 15 * _MINUTE),
        ("0 * * * *", _HOUR),
        ("@hourly", _HOUR),
        ("0 2 * * *", _DAY),
        ("0 3 * * 0", 7 * _DAY),
        ("0 3 * * SUN", 7 * _DAY),
        ("0 3 * * 7", 7 * _DAY),
        ("0 8-18/2 * * 1-5", 2 * _DAY + 14 * _HOUR),
        ("5,50 * * * *", 45 * _MINUTE),
        ("0 0 1 * *", 31 * _DAY),
        ("0 0 1,15 * 1", 7 * _DAY),
        ("0 0 1 jan *", 366 * _DAY),
        ("10/20 * * * *", 20 * _MINUTE),
    ],
)
def test_the_longest_time_between_two_runs(schedule: str, gap: timedelta) -> None:
    assert longest_gap(schedule) == gap


@pytest.mark.parametrize("schedule", ["", "@reboot", "* * * *", "61 * * * *", "x * * * *", "0 0 30 2 *", "*/0 * * * *"])
def test_what_never_runs_or_is_no_schedule_has_none(schedule: str) -> None:
    assert longest_gap(schedule) is None
