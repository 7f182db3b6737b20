"""What would be lost is written down as it was seen: a copy still to be looked at is not one that is missing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from actions.runner import exposure_log
from actions.runner.exposure_log import ExposureLog
from journal.events.types import ExposureMeasured
from tests.journal.incident.test_exposure import LATEST, ago, copied, readings, story
from tests.journal.stories import Story


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposure_log, "_PATIENCE_S", -1.0)
    monkeypatch.setattr(exposure_log, "_LOOK_EVERY_S", -1.0)


def told_of(told: Story, due: ExposureMeasured | None) -> tuple[str, datetime]:
    assert due
    told.tell(due)
    assert told.incident.exposed_at
    return due.systems[0].site.by, told.incident.exposed_at + timedelta(minutes=2)


def test_a_copy_that_is_looked_at_late_is_said_to_be_so_and_written_down_once_it_is_seen() -> None:
    told, log = story(), ExposureLog(["health:db", "offsite:db"])
    seen = readings(status="not answering")
    words, later = told_of(told, log.due(told.incident, seen, LATEST))
    assert words == "its copies were not looked at yet"
    assert log.due(told.incident, seen, later) is None
    words, later = told_of(told, log.due(told.incident, seen | copied(ago(minutes=14)), later))
    assert words.startswith("copied to dr until")
    assert log.due(told.incident, seen | copied(ago(minutes=14)), later) is None


def test_where_no_look_at_copies_is_to_come_there_are_none() -> None:
    told, log = story(), ExposureLog(["health:db"])
    words, _ = told_of(told, log.due(told.incident, readings(), LATEST))
    assert words.startswith("it is copied to no second place")
