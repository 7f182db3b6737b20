"""Times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from screens.guidance.times import NotATime, echo, instant

NOW = datetime(2026, 11, 22, 3, 11, 5, tzinfo=UTC)
CET = timezone(timedelta(hours=1), "CET")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", NOW),
        ("now", NOW),
        ("10 min ago", NOW - timedelta(minutes=10)),
        ("1 h 5 min ago", NOW - timedelta(minutes=65)),
        ("04:05", datetime(2026, 11, 22, 3, 5, tzinfo=UTC)),
        ("14:05", datetime(2026, 11, 21, 13, 5, tzinfo=UTC)),
        ("03:05 UTC", datetime(2026, 11, 22, 3, 5, tzinfo=UTC)),
        ("23:40z", datetime(2026, 11, 21, 23, 40, tzinfo=UTC)),
        ("yesterday 02:00", datetime(2026, 11, 21, 1, 0, tzinfo=UTC)),
        ("2026-11-22T02:59:00Z", datetime(2026, 11, 22, 2, 59, tzinfo=UTC)),
        ("2026-11-22 02:59", datetime(2026, 11, 22, 1, 59, tzinfo=UTC)),
        ("2026-11-22T02:59-05:00", datetime(2026, 11, 22, 7, 59, tzinfo=UTC)),
    ],
)
def test_a_time_means_one_instant(written: str, meant: datetime) -> None:
    assert instant(written, NOW, CET) == meant
    assert instant(written, NOW, CET).utcoffset() == timedelta(0)


@pytest.mark.parametrize("written", ["25:00", "soon", "ago", "5 parsecs ago", "2026-13-01", "99999999999 d ago"])
def test_what_is_no_time_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(NotATime, match="is no time") as refused:
        instant(written, NOW, CET)
    assert "10 min ago" in refused.value.hint


def test_the_echo_is_in_utc_and_says_how_long_ago() -> None:
    assert echo("04:05", NOW, CET) == "= 2026-11-22 03:05:00 UTC, 6 min ago"
    assert echo("2026-11-22T04:00:00Z", NOW, CET) == "= 2026-11-22 04:00:00 UTC, in 48 min"
