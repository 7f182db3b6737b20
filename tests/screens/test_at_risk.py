"""What would be lost now, on the screens and in line mode: with a store and with its site, with evidence and age."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cleo_console.plain.lines import clocks, risk_lines
from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident.exposure import SecondPlace, exposed
from journal.incident.fold import fold_journal
from journal.store.journal import Journal, Reader
from screens.guidance.rpo import rpo_line
from screens.guidance.strategies import losses
from tests.journal.incident.test_exposure import LATEST, ago, copied, readings, story
from tests.screens.app_services import START, FakeServices, PlayedRunner
from tests.screens.driving import console


def at_risk(journal: Journal, runner: PlayedRunner) -> None:
    """PostgreSQL is archived, and the copies in the second place are an hour old."""
    known = [KnownSystem(name="postgres", type="postgres", plays="postgres")]
    journal.append(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=known))
    by = "WAL archived until 03:03:25 UTC"
    runner.health("postgres", "up", "primary", exposure_s=40, exposure_by=by, newest_commit_at=START.isoformat())
    place = SecondPlace(site="dr", covered_until=START - timedelta(minutes=62), looked_at=START)
    journal.set_reading("offsite:postgres", place.facts())


async def test_header_and_health_have_both_figures_with_what_they_rest_on(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    at_risk(journal, runner)
    async with console(services, size) as seen:
        await seen.sees("RPO PostgreSQL <1 min", ", site 1 h 02 min OVER")
        if size[0] > 100:
            await seen.sees("At risk now", "site  1 h 02 min OVER")
        await seen.press("h")
        await seen.sees(
            "If it is lost now: 40 s (WAL archived until 03:03:25 UTC", "If site primary is: 1 h 02 min, OVER"
        )
        await seen.press("end")
        await seen.sees("At risk now, with the system and with its whole site", "(copied to dr until 02:02:05 UTC")
        await seen.sees("not measured  MongoDB")


def test_line_mode_says_the_same(journal: Journal, runner: PlayedRunner) -> None:
    at_risk(journal, runner)
    with Reader(journal.path) as reader:
        found, incident = reader.readings(), fold_journal(journal.path)
    assert "RPO PostgreSQL <1 min exposed, site 1 h 02 min OVER" in clocks(incident, found, START)
    line = next(line for line in risk_lines(incident, found, START) if "PostgreSQL" in line)
    assert line.startswith("At risk: PostgreSQL 40 s (WAL archived until 03:03:25 UTC); with site primary 1 h 02 min")


@pytest.mark.parametrize(
    ("room", "words"),
    [
        (None, "RPO The database <1 min exposed, site 14 min"),
        (40, "RPO The database <1 min, site 14 min"),
        (32, "RPO site The database 14 min"),
    ],
)
def test_the_header_says_as_much_as_there_is_room_for(room: int | None, words: str) -> None:
    found = readings() | copied(ago(minutes=14))
    assert rpo_line(story().incident, found, LATEST, wide=False, room=room).plain == words


def test_where_the_site_is_lost_its_figure_is_the_headers_and_the_strategies() -> None:
    told, found = story(scenario={"loses": "primary"}), readings() | copied(ago(minutes=20))
    assert exposed(told.incident, found)["db"].store.seconds == 40
    words = rpo_line(told.incident, found, LATEST, wide=False).plain
    assert words == "RPO without primary: The database 20 min exposed OVER 1 min ago"
    (cold,) = losses(told.incident, "cold", found, LATEST)
    assert (cold.seconds, cold.why) == (
        1200,
        "site primary is lost: copied to dr until 03:10:00 UTC, seen 1 min ago",
    )
    (warm,) = losses(told.incident, "warm", found, LATEST)
    assert warm.seconds is None
    assert "no standby is on another site" in warm.why
