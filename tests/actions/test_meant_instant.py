"""Times as people write them: what is without doubt counts, everything else is said back as instants in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from actions.meant_instant import NotATime, read_instant

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T14:30:00Z",
        "2026-11-22 15:30+01:00",
        "2026-11-22 14:30 UTC",
        "2026-11-22 15:30 Europe/Berlin",
    ],
)
def test_a_time_with_its_zone_counts_at_once(text: str) -> None:
    assert read_instant(text, NOW, BERLIN).at == datetime(2026, 11, 22, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "why", "readings"),
    [
        ("2026-11-22 14:30:00", "names no time zone", ["2026-11-22T14:30:00Z", "2026-11-22T13:30:00Z"]),
        ("2026-11-22", "names only a day", ["2026-11-22T00:00:00Z", "2026-11-21T23:00:00Z"]),
        ("10 min ago", "is counted from now", ["2026-11-29T01:20:00Z"]),
        (
            "yesterday",
            "is a day, and no instant",
            [
                "2026-11-28T01:30:00Z",
                "2026-11-29T00:00:00Z",
                "2026-11-28T00:00:00Z",
                "2026-11-28T23:00:00Z",
                "2026-11-27T23:00:00Z",
            ],
        ),
        ("2026-10-25 02:30 Europe/Berlin", "was twice in", ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]),
        ("2026-03-29 02:30 Europe/Berlin", "never was in", ["2026-03-29T01:30:00Z", "2026-03-29T00:30:00Z"]),
    ],
)
def test_what_may_mean_several_instants_is_asked_about(text: str, why: str, readings: list[str]) -> None:
    meant = read_instant(text, NOW, BERLIN)
    assert meant.at is None
    assert why in meant.why
    assert [reading.text for reading in meant.readings] == readings
    again = [read_instant(reading.text, NOW, BERLIN).at for reading in meant.readings]
    assert again == [reading.at for reading in meant.readings], "what is chosen counts at once"


@pytest.mark.parametrize("text", ["", "soon", "2026-13-40", "2026-11-22 14:30 Nowhere/Town", "2026-11-22 14:30 ../x"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(NotATime, match="is no time"):
        read_instant(text, NOW, BERLIN)
