"""The faults of the three stores, two at a time: which pairs there are, and how one is recovered and judged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import TypedDict

from cleo_console.lab import Lab
from cleo_console.lab.mongodb.service import MongodbService
from cleo_console.lab.postgres.service import PostgresService
from cleo_console.lab.redis.service import RedisService
from cleo_console.lab.service_types import STORES
from journal.incident.records import StepState
from journal.incident.state import Incident
from journal.verify import verify
from tests.e2e.follower import Follower
from tests.e2e.recovered import nothing_is_lost
from tests.e2e.stores import held

Fault = tuple[str, str]
"""A system, and what is done to it."""

Pair = tuple[Fault, Fault]


def pairs_of(faults: Sequence[Fault]) -> list[Pair]:
    """Return each two of these faults that are of two stores, once."""
    return [(one, other) for one, other in combinations(faults, 2) if one[0] != other[0]]


def name_of(pair: Pair) -> str:
    """Return what a pair is called: ``postgres drop-table + redis kill``."""
    return " + ".join(map(" ".join, pair))


ALL: list[Fault] = [
    (system, kind.how)
    for system, service in zip(STORES, (PostgresService, MongodbService, RedisService), strict=True)
    for kind in service.faults
]
PAIRS = pairs_of(ALL)
"""Each two faults of two stores, once."""

_VERIFIED = (StepState.DONE, StepState.NOT_APPLICABLE)
_CHANGES_DATA = {
    ("postgres", "drop-table"),
    ("postgres", "flip-byte"),
    ("mongodb", "drop-collection"),
    ("mongodb", "drop-index"),
    ("mongodb", "duplicate-keys"),
    ("mongodb", "expire-soon"),
    ("mongodb", "clock-runs-ahead"),
    ("redis", "flush-all"),
    ("redis", "maxmemory-too-small"),
    ("redis", "clock-ahead"),
    ("redis", "clock-runs-ahead"),
}
"""What damages data in a server that goes on: the scenario is another one."""


_TOLD = {("postgres", "drop-table"), ("mongodb", "drop-collection"), ("mongodb", "drop-index"), ("redis", "flush-all")}
"""Of these a look tells when it was, or which backup holds what is gone."""
_WRITES = {("mongodb", "lose-oplog-slice"), ("postgres", "lose-wal-segment")}
"""What writes by itself, so that there are two slices: what counts is what is there after it.

The log that led there is gone, and the server has it all: who knows that leaves it as it is.
"""


def scenario_of(faults: Sequence[Fault]) -> str:
    """Return what is declared where these are seen."""
    return "data-corruption" if _CHANGES_DATA.intersection(faults) else "database-failure"


class Known(TypedDict):
    """What people know of a disaster, whatever the looks find, as `Follower` takes it."""

    scenario: str
    good_until: str
    hit: Sequence[str]
    sound: Sequence[str]


def known_of(faults: Sequence[Fault], good_until: str) -> Known:
    """Return what people know of these faults, who know ``good_until`` where no look can tell it."""
    changed = _CHANGES_DATA.intersection(faults)
    return Known(
        scenario=scenario_of(faults),
        good_until="" if len(changed) < 2 and changed <= _TOLD else good_until,
        hit=[system for system, how in faults if (system, how) not in _WRITES],
        sound=[system for system, how in faults if (system, how) in _WRITES],
    )


def both_are_recovered(lab: Lab, home: Path, faults: Sequence[Fault]) -> Incident:
    """Break two stores, follow NEXT, and compare rows, documents and keys with those before.

    Args:
        lab: a lab of the three stores.
        home: where the journal goes.
        faults: what is done, one after the other.

    Returns:
        The closed incident.
    """
    before = {system: held(lab, system) for system in STORES}
    good_until = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    for system, how in faults:
        lab.break_(system, how)
        if (system, how) in _WRITES:
            before[system] = held(lab, system)
    by_hand = {"redis-restore": lambda: _raise_maxmemory(lab)}
    follower = Follower(lab.inventory_path, home, by_hand=by_hand, **known_of(faults, good_until))
    with follower.at_work():
        follower.follow()
        states = {system: follower.incident.state(f"{system}-verify") for system in STORES}
        wrong = {system: str(state) for system, state in states.items() if state not in _VERIFIED}
        assert not wrong, "\n".join([str(wrong), *follower.story()])
        incident = follower.close()
    try:
        nothing_is_lost(before, {system: held(lab, system) for system in STORES})
    except AssertionError as error:
        raise AssertionError("\n".join([str(error), *follower.story()])) from None
    assert verify(follower.place.journal).ok
    return incident


def _raise_maxmemory(lab: Lab) -> None:
    """Give Redis the memory that it had, in its configuration, as a restore asks people to."""
    service = lab.services["redis"]
    assert isinstance(service, RedisService)
    path = service.node.config_file
    path.write_text(re.sub(r"(?m)^maxmemory .*", "maxmemory 128mb", path.read_text()))
