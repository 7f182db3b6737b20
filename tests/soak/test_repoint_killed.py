"""The runner of a pooler's or a proxy's repointing is killed at every point between two effects.

Its clients go on, at the old server, at the new one, or, of a proxy, at none: never at both. The next runner sees it
through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec
import psycopg
import pytest
import yaml

from tests.actions.systems.pooler.poolers import NAME, PoolerLab, pooler_lab
from tests.actions.systems.pooler.test_proxy import Proxy, proxy
from tests.actions.systems.postgres.failing_over import STANDBY
from tests.soak.killing import Killing, Step, home
from tests.waiting import until

__all__ = ["home", "proxy"]


class WrittenLab(NamedTuple):
    """A lab whose inventory is another file."""

    inventory_path: Path


@pytest.fixture(scope="module")
def made() -> Iterator[PoolerLab]:
    with pooler_lab() as found:
        yield found


def written(made: PoolerLab, file: Path, front: Proxy | None = None) -> WrittenLab:
    """Write an inventory in which the standby took over, and perhaps a proxy stands in front."""
    known = yaml.safe_load(made.lab.inventory_path.read_text())
    systems = known["systems"]
    systems["postgres"]["standby_of"] = STANDBY
    systems[STANDBY].pop("standby_of")
    systems[STANDBY]["plays"] = "postgres"
    systems[NAME]["count_s"] = 0.1
    if front:
        systems["proxy"] = msgspec.to_builtins(front.settings)
    file.write_text(yaml.safe_dump(known))
    return WrittenLab(file)


def through(made: PoolerLab, port: int, database: str) -> str:
    """Return which server answers a client that comes in at a port; empty: none."""
    try:
        with closing(made.client(port=port, dbname=database, connect_timeout=5)) as session:
            row = session.execute("SELECT current_setting('port')").fetchone()
    except psycopg.Error:
        return ""
    return next(name for name, own in made.ports.items() if str(own) == str(row and row[0]))


def play(killing: Killing, back: Callable[[], None], reached: Callable[[], set[str]], *, served: bool) -> None:
    """Kill at each point; ``served``: a client is served whatever happens."""
    points = killing.points("lead")
    assert len(points) > 3, points
    for number, name in enumerate(points, 1):
        back()
        assert reached() == {"postgres"}
        place = killing.begun("lead")

        def meanwhile(name: str = name) -> None:
            if served:
                until(lambda: reached() - {""}, 30)
            there = reached()
            assert len(there) == 1, (name, there)

        print(f"{name}: {killing.killed(place, 'lead', number, meanwhile)}")
        assert reached() == {STANDBY}, name
        killing.close(place)


def test_a_pooler(made: PoolerLab, home: Path) -> None:
    config = made.place.config.read_text()
    killing = Killing(written(made, home / "inventory.yaml"), home, [Step("lead", "pooler.repoint", NAME)])

    def reached() -> set[str]:
        return {through(made, made.place.port, "app") for _ in range(3)}

    play(killing, lambda: made.reset(config), reached, served=True)
    made.reset(config)


def test_a_proxy(made: PoolerLab, proxy: Proxy, home: Path) -> None:
    step = Step("lead", "load_balancer.repoint", "proxy")
    killing = Killing(written(made, home / "inventory.yaml", proxy), home, [step])

    def reached() -> set[str]:
        return {through(made, proxy.port, "cleoai") for _ in range(3)}

    def back() -> None:
        proxy.do("repoint", to="postgres")
        until(lambda: reached() == {"postgres"})

    play(killing, back, reached, served=False)
