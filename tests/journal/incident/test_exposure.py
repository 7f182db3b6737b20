"""What would be lost with a system and with its site: by what other sites have, or not measured."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from journal.events import types as e
from journal.events.exposure import Exposed, Exposure
from journal.events.run import KnownSystem
from journal.incident.exposure import NO_SECOND, SecondPlace, counting, exposed, without_site
from journal.incident.lost_site import lost_site
from journal.incident.strategy_evidence import against, backed_up
from journal.plan.read import plan_from_data
from journal.plan.references import reference_findings
from journal.store.rows import Reading
from tests.journal.stories import DECLARED, Story, plan, step

LATEST = DECLARED + timedelta(minutes=30)


def ago(**span: float) -> datetime:
    return LATEST - timedelta(**span)


def story(*more: KnownSystem, scenario: dict[str, Any] | None = None, **own: Any) -> Story:
    found = plan(
        step("site", decision={"name": "site", "question": "Where?", "options": SITES}),
        step("promote", system="db", action="some.promote", when={"strategy": ["warm"]}),
        step("restore", system="db", action="some.restore", when={"strategy": ["cold"]}),
    )
    found["scenarios"]["lost"] |= scenario or {}
    told = Story(found)
    known = [KnownSystem(name="db", type="postgres", plays="db", **own), *more]
    told.tell(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=known))
    return told


SITES = {"here": {"title": "Here"}, "dr": {"title": "There"}}
STANDBY = KnownSystem(name="db-2", type="postgres", standby_of="db", site="dr")


def readings(*, status: str = "up", standby: dict[str, Any] | None = None, **facts: Any) -> dict[str, Reading]:
    seen = {"newest_commit_at": LATEST.isoformat(), "exposure_s": 40, "exposure_by": "WAL archived", **facts}
    answers = {"facts": seen} if status == "up" else {"facts": {}, "last": seen, "seen_at": LATEST.isoformat()}
    found = {"health:db": Reading("health:db", LATEST, {"status": status, **answers})}
    if standby is not None:
        found["health:db-2"] = Reading("health:db-2", LATEST, {"status": "up", "facts": standby})
    return found


def copied(until: datetime | None, **more: Any) -> dict[str, Reading]:
    seen = SecondPlace(site="dr", covered_until=until, looked_at=ago(minutes=1) if until else None, **more)
    return {"offsite:db": Reading("offsite:db", LATEST, seen.facts())}


def site_of(told: Story, found: dict[str, Reading]) -> Exposure:
    return exposed(told.incident, found)["db"].site


def test_the_second_place_tells_what_a_lost_site_would_cost_with_its_evidence_and_age() -> None:
    both = exposed(story().incident, readings() | copied(ago(minutes=14)))["db"]
    assert both.store == Exposure(seconds=40, by="WAL archived", at=LATEST)
    assert both.site == Exposure(seconds=840, by="copied to dr until 03:16:00 UTC", at=ago(minutes=1))
    days = site_of(story(), readings() | copied(ago(days=2)))
    assert (days.seconds, days.by) == (2 * 86400, "copied to dr until 2026-02-27 03:30:00 UTC")


def test_where_nothing_is_known_it_is_not_measured_and_says_why() -> None:
    assert site_of(story(), readings()) == Exposure(by=NO_SECOND, at=LATEST)
    unseen = site_of(story(), copied(ago(minutes=14)))
    assert (unseen.seconds, "copied to dr until" in unseen.by) == (None, True), "nobody saw a write"
    assert site_of(story(), readings() | copied(None)).by == "nothing whole was copied to dr"
    assert site_of(story(), readings() | copied(None, trouble="no such bucket")).by == "no such bucket"
    here = site_of(story(site="dr"), readings() | copied(ago(minutes=14)))
    assert (here.seconds, here.by) == (None, "the second place is in dr too")
    held = site_of(story(), readings() | copied(ago(minutes=14), trouble="no answer"))
    assert (held.seconds, "nobody can look now: no answer" in held.by) == (840, True)


def test_a_standby_counts_by_its_lag_where_it_is_on_another_site() -> None:
    away = readings(standby={"replica_lag_s": 7, "newest_commit_at": LATEST.isoformat()})
    assert site_of(story(STANDBY), away | copied(ago(minutes=14))).by == "db-2 in dr is 7 s behind"
    near = KnownSystem(name="db-2", type="postgres", standby_of="db")
    assert site_of(story(near), away | copied(ago(minutes=14))).seconds == 840
    assert site_of(story(STANDBY), readings()).by == "db-2 in dr is not measured"


def test_a_standby_of_a_system_that_is_gone_counts_by_what_it_has() -> None:
    """Its own lag would be that to a server which is gone."""
    has = {"replica_lag_s": 0, "newest_commit_at": ago(seconds=20).isoformat()}
    gone = site_of(story(STANDBY), readings(status="down", standby=has))
    assert (gone.seconds, gone.by) == (20, "db-2 in dr has what was written until 03:29:40 UTC")
    assert exposed(story().incident, readings(status="down"))["db"].store.seconds == 40, "as it was seen last"


@pytest.mark.parametrize(
    ("facts", "seconds"),
    [
        ({"archived_until": ago(minutes=3).isoformat(), "replica_lag_s": 1}, 180),
        ({"exposure_s": 12.0}, 12),
        ({"exposure_s": 1.0, "replica_lag_s": 1}, None),
    ],
)
def test_backups_that_lie_on_another_site_are_themselves_what_is_left(
    facts: dict[str, Any], seconds: float | None
) -> None:
    """What a replica has is no part of them, and where it is nobody knows."""
    assert site_of(story(backups_site="dr"), readings(**facts)).seconds == seconds


def test_where_the_site_is_lost_its_figure_counts_and_what_lies_there_does_not() -> None:
    found = readings() | copied(ago(minutes=14))
    told = story(scenario={"loses": "primary", "loses_if": {"site": ["dr"]}})
    assert (lost_site(told.incident), counting(told.incident, exposed(told.incident, found)["db"]).seconds) == ("", 40)
    told.tell(e.DecisionMade(step="site", name="site", answer="dr"))
    assert lost_site(told.incident) == "primary"
    assert counting(told.incident, exposed(told.incident, found)["db"]).seconds == 840
    assert without_site(told.incident, "db", found, restore=True).seconds == 840
    assert without_site(told.incident, "db", found, restore=False).seconds is None
    near = KnownSystem(name="db-2", type="postgres", standby_of="db")
    lost = story(near, scenario={"loses": "primary"})
    assert against(lost.incident, "warm") == "The database has no standby outside of site primary"
    assert against(lost.incident, "cold") == ""
    nothing = Exposed(system="db", store=Exposure(), site=Exposure(by=NO_SECOND))
    lost.tell(e.ExposureMeasured(systems=[nothing]))
    assert "has no backup outside of site primary" in against(lost.incident, "cold")
    lost.tell(e.ExposureMeasured(systems=[exposed(lost.incident, readings() | copied(None))["db"]]))
    assert "nothing whole was copied to dr" in against(lost.incident, "cold")
    lost.tell(e.ExposureMeasured(systems=[exposed(lost.incident, found)["db"]]))
    assert backed_up(lost.incident, "cold") == "The database: copied to dr until 03:16:00 UTC"
    assert lost.incident.exposed_first["db"] == nothing


def test_a_plan_names_the_site_that_a_scenario_loses() -> None:
    wrong = plan(step("site", decision={"name": "site", "question": "Where?", "options": SITES}))
    wrong["scenarios"]["lost"] |= {"loses_if": {"site": ["nowhere"]}}
    said = [text for _, text in reference_findings(plan_from_data(wrong))]
    assert any("nowhere" in text for text in said) and any("`loses` does not say which" in text for text in said)
