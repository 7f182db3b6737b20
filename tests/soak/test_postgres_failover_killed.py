"""The runner of a PostgreSQL failover, and of the way back, is killed at every point between two effects.

The next one sees it through: nothing that was acknowledged is lost, and no two servers take writes at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from journal.errors import CleoError
from tests.actions.systems.postgres.failing_over import STANDBY
from tests.labs import Lab, running_lab
from tests.soak.killing import Killing, Step, home, watched

__all__ = ["home"]

FIRST = "postgres"
STEPS = [
    Step("fence", "postgres.fence", FIRST),
    Step("promote", "postgres.promote", FIRST),
    Step("allow", "postgres.allow_writers", FIRST),
    Step("rejoin", "postgres.rejoin", FIRST),
    Step("switch-back", "postgres.switch_back", FIRST),
    Step("allow-back", "postgres.allow_writers", FIRST),
    Step("rejoin-back", "postgres.rejoin", FIRST),
]
KILLED = ["fence", "promote", "rejoin", "switch-back", "rejoin-back"]
LEADS = {"fence": "", "promote": STANDBY, "rejoin": STANDBY, "switch-back": FIRST, "rejoin-back": FIRST}
"""Who leads once a step was seen through."""


@contextmanager
def fresh_lab() -> Iterator[Lab]:
    """A primary with its standby, and a table for the application: what a failover leaves is not put back."""
    with running_lab() as made:
        lab = Lab.up(made.directory, standby=True)
        lab.psql("CREATE TABLE soak (number bigint); GRANT INSERT ON soak TO cleo_app")
        yield lab


def write(lab: Lab, number: int) -> bool:
    """Write a number as the application, to whoever takes it; return whether that was acknowledged."""
    for name in (FIRST, STANDBY):
        try:
            lab.cluster(name).app_psql(f"INSERT INTO soak VALUES ({number})", timeout=5)
        except CleoError:
            continue
        return True
    return False


def leads(lab: Lab, name: str) -> bool:
    """Whether a server says that it takes writes."""
    return lab.cluster(name).psql("SELECT NOT pg_is_in_recovery()", timeout=5) == "t"


def role(lab: Lab, name: str) -> str:
    """What a server is: ``leads``, ``follows`` (it streams), or ``down``."""
    try:
        if leads(lab, name):
            return "leads"
        streams = lab.cluster(name).psql("SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'")
        return "follows" if streams == "1" else "waits"
    except CleoError:
        return "down"


@pytest.mark.timeout(3600)  # a lab for each point
@pytest.mark.parametrize("step", KILLED)
def test_postgres(step: str, home: Path) -> None:
    with fresh_lab() as lab:
        points = Killing(lab, home, STEPS).points(step)
    assert len(points) > 3, points
    for number, name in enumerate(points, 1):
        with fresh_lab() as lab:
            play(Killing(lab, home, STEPS), lab, step, number, name)


def play(killing: Killing, lab: Lab, step: str, number: int, point: str) -> None:
    """Kill a step at a point, and look what becomes of it."""
    leading = {name: partial(leads, lab, name) for name in (FIRST, STANDBY)}
    with watched(partial(write, lab), leading) as seen:
        place = killing.begun(step)
        print(f"{step}, {point}: {killing.killed(place, step, number)}")
    assert not seen.two, point
    roles = {name: role(lab, name) for name in (FIRST, STANDBY)}
    assert [name for name, one in roles.items() if one == "leads"] == [one for one in [LEADS[step]] if one], roles
    assert ("follows" in roles.values()) == step.startswith("rejoin"), roles
    assert seen.acknowledged, point
    there = lab.cluster(LEADS[step] or STANDBY).psql("SELECT number FROM soak")
    lost = set(seen.acknowledged) - {int(one) for one in there.split()}
    assert not lost, (point, lost)
    killing.close(place)
