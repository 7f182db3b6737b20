"""Durations and instants in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from journal.wording.durations import Duration, exact_duration, loss_duration, rough_duration, rough_minutes, stopwatch
from journal.wording.instants import age, offset, utc

NOW = datetime(2026, 11, 22, 3, 11, 5, tzinfo=UTC)


def test_durations_read_back_as_they_were_written() -> None:
    for text in ("45 s", "15 min", "1 h 30 min", "60 d"):
        assert str(Duration.parse(text)) == text
    assert Duration.parse("1h 30m") == Duration.parse("90m") == 5400  # as Prometheus has it
    for text in ("", "15", "min", "1 h and a bit", "-5 min", "1.5 h"):
        with pytest.raises(ValueError, match="is not a duration"):
            Duration.parse(text)


@pytest.mark.parametrize(
    ("seconds", "exact", "rough"),
    [
        (0.4, "0.4 s", "0 s"),
        (5, "5 s", "5 s"),
        (65, "1 min 05 s", "1 min"),
        (120, "2 min", "2 min"),
        (3600, "1 h", "1 h 00 min"),
        (-7500, "2 h 05 min", "2 h 05 min"),
        (90_000, "25 h", "25 h 00 min"),
        (200_000, "2 d 7 h", "2 d 7 h"),
    ],
)
def test_exact_and_rough_durations(seconds: float, exact: str, rough: str) -> None:
    assert (exact_duration(seconds), rough_duration(seconds)) == (exact, rough)


def test_words_that_change_once_a_minute() -> None:
    assert (rough_minutes(59), rough_minutes(-90)) == ("<1 min", "1 min")
    assert (age(NOW, NOW), age(NOW - timedelta(hours=2), NOW)) == ("just now", "2 h 00 min ago")


def test_clocks_to_the_second() -> None:
    assert stopwatch(2530) == "00:42:10"
    assert [offset(s) for s in (3723, -300, -0.4, 90_000)] == ["T+01:02:03", "T-00:05:00", "T+00:00:00", "T+25:00:00"]
    assert (utc(NOW), utc(None)) == ("2026-11-22 03:11:05 UTC", "not known")


@pytest.mark.parametrize(
    ("seconds", "bound", "words"),
    [
        (6.96, "", "7 s"),
        (6.91, "at most", "at most 7 s"),
        (6.99, "at least", "at least 6.9 s"),
        (59.2, "", "1 min"),
        (119.5, "", "2 min"),
        (119.5, "at least", "at least 1 min 59 s"),
        (0.0, "", "0 s"),
        (0.0, "at least", "not known"),
    ],
)
def test_nobody_is_told_of_less_than_was_lost(seconds: float, bound: str, words: str) -> None:
    assert loss_duration(seconds, bound) == words
