"""Where an incremental backup goes on: told by the backups that there are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.backups.repository.entry import Covers, Entry
from actions.backups.repository.place import Stored
from actions.systems.mongodb.backup_chain import chains
from actions.systems.mongodb.backups.take import log_ends


def _stored(text: str) -> list[Stored]:
    """Return backups by ``KIND FROM-TO``, in their order."""
    found = []
    for number, one in enumerate(text.split(", ")):
        kind, _, positions = one.partition(" ")
        first, _, last = positions.partition("-")
        at = datetime(2026, 11, 29, 3, number, tzinfo=UTC)
        entry = Entry(
            id=f"20261129-03{number:02}00{kind}",
            system="mongodb",
            type="mongodb",
            kind={"F": "full", "I": "incremental"}[kind],
            started_at=at,
            ended_at=at,
            size=1,
            files=[],
            covers=Covers(from_=f"{first}:1", to=f"{last}:1"),
            consistent_at=at,
            facts={"last_entry": last},
        )
        found.append(Stored(entry=entry))
    return found


@pytest.mark.parametrize(
    ("backups", "goes_on_at"),
    [
        ("F 10-11", ["11"]),
        ("F 10-11, I 11-20", ["20"]),
        ("F 10-11, I 11-20, I 20-20", ["20"]),
        ("F 10-11, I 11-20, F 25-26", ["20", "26"]),
        ("F 10-11, I 11-20, F 25-26, I 20-30", ["30"]),
        ("F 10-11, I 11-20, F 25-26, I 26-30", ["30"]),
        ("F 10-11, F 20-21, F 30-31", ["21", "31"]),
    ],
)
def test_the_log_goes_on_where_it_ended(backups: str, goes_on_at: list[str]) -> None:
    """Behind a new full backup, where it ended before; once that is saved or cannot be, behind the newest."""
    ends = log_ends(chains(_stored(backups)))
    assert [each.position for each in ends] == [f"{at}:1" for at in goes_on_at]
    assert [each.entry for each in ends] == goes_on_at
