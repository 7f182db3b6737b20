"""A tabletop on a disk that does not answer in time: what the facilitator says is said once."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from actions.tabletop import facilitator
from journal.events.types import InjectGiven
from journal.store.journal import Journal, Reader
from tests.actions.runner.slow_disk import SlowDisk
from tests.actions.tabletop.tables import Player, table
from tests.waiting import until


def test_an_inject_that_the_disk_has_not_answered_for_is_not_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    disks: list[SlowDisk] = []

    def opened(*args: Any, **options: Any) -> SlowDisk:
        disks.append(SlowDisk(Journal.open(*args, **options)))
        return disks[-1]

    monkeypatch.setattr(facilitator, "Journal", SimpleNamespace(open=opened))
    with table("database-failure") as player:
        (disk,) = disks
        until(lambda: disk.waited_for.is_set() or disk.attempts > 1)
        disk.answers.set()
        player.until(lambda incident: incident.review.injects)
        assert set(given(player).values()) == {1}


def given(player: Player) -> Counter[str]:
    with Reader(player.place.journal) as reader:
        return Counter(event.body.inject for event in reader.events() if isinstance(event.body, InjectGiven))
