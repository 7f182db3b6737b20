"""What a decision begins with: what was decided, measured or derived; nothing where nothing supports an answer."""

from __future__ import annotations

from typing import Any

import pytest

from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident.strategy_evidence import against
from journal.incident.suggestion import suggestion
from tests.journal.stories import Story, plan, step

AFFECTED = step("affected", decision={"name": "affected", "question": "Which?", "kind": "systems"})
TWO = {
    "db": {"title": "The database", "tier": "critical"},
    "cache": {"title": "The cache", "tier": "critical"},
    "files": {"title": "Files", "tier": "critical"},
}
HITS_ALL = {
    "lost": {"title": "Lost", "impact": "", "likelihood": "", "severity": "high", "systems": ["db", "cache", "files"]}
}


def suggested(told: Story, step_id: str) -> tuple[str, str]:
    decision = told.incident.plan.by_id[step_id].decision
    assert decision
    return suggestion(told.incident, decision)


def fleet() -> Story:
    told = Story(plan(AFFECTED, systems=TWO, scenarios=HITS_ALL))
    known = [KnownSystem(name=name, type="postgres", plays=name) for name in ("db", "cache")]
    told.tell(e.InventoryRead(path="i.yaml", sha256="0" * 64, systems=known))
    return told


def test_affected_is_what_was_measured_as_down() -> None:
    told = fleet()
    told.tell(
        e.HealthChanged(system="db", status="down", was="up"), e.HealthChanged(system="cache", status="up", was="")
    )
    assert suggested(told, "affected") == ("db", "db is down, seen 03:00:02 UTC")


def test_what_came_back_is_still_affected_until_somebody_decides_otherwise() -> None:
    told = fleet()
    told.tell(
        e.HealthChanged(system="db", status="down", was="up"), e.HealthChanged(system="db", status="up", was="down")
    )
    told.tell(e.HealthChanged(system="cache", status="up", was=""))
    assert suggested(told, "affected") == ("db", "db was down, seen 03:00:02 UTC; up by now")


def test_where_nothing_is_down_it_is_what_the_scenario_hits_of_what_the_inventory_has() -> None:
    told = fleet()
    assert suggested(told, "affected") == ("db,cache", "usual for Lost; nothing was measured as down")


def test_in_a_breach_what_is_up_is_affected_too_and_what_we_cut_off_ourselves_is_not() -> None:
    breach = {"security-breach": {**HITS_ALL["lost"], "title": "Breach", "systems": ["db"]}}
    cut = step("cut", action="cache.cut", destructive=True)
    told = Story(plan(AFFECTED, cut, systems=TWO, scenarios=breach), scenario="security-breach")
    known = [KnownSystem(name=name, type="postgres", plays=name) for name in ("db", "cache")]
    told.tell(e.InventoryRead(path="i.yaml", sha256="0" * 64, systems=known))
    run = told.tell(e.RunRequested(step="cut", action="cache.cut", system="cache"))
    told.tell(e.ActionStarted(step="cut", run=run, action="cache.cut", system="cache", undone_by="cache.join"))
    told.tell(e.ActionFinished(step="cut", run=run, status="succeeded", summary="It is cut off."))
    told.tell(
        e.HealthChanged(system="db", status="up", was=""), e.HealthChanged(system="cache", status="down", was="up")
    )
    assert suggested(told, "affected")[0] == "db"


@pytest.mark.parametrize(("loses", "answer"), [("primary", "db,cache"), ("", "cache")])
def test_what_is_silent_at_a_site_that_may_be_lost_is_affected_with_it(loses: str, answer: str) -> None:
    """Elsewhere it may only be slow: what the scenario does not hit is not named for that."""
    scenario = {"lost": {**HITS_ALL["lost"], "systems": ["cache"], "loses": loses}}
    told = Story(plan(AFFECTED, systems=TWO, scenarios=scenario))
    known = [KnownSystem(name=name, type="postgres", plays=name) for name in ("db", "cache")]
    known.append(KnownSystem(name="files", type="files", plays="files", site="dr"))
    told.tell(e.InventoryRead(path="i.yaml", sha256="0" * 64, systems=known))
    told.tell(*(e.HealthChanged(system=one, status="not answering", was="up") for one in ("db", "files", "cache")))
    assert suggested(told, "affected")[0] == answer


def test_what_would_move_with_a_site_that_is_up_is_named_by_the_inventory() -> None:
    """The sites do not see each other, and both are seen: nothing is down, and a move takes the stores along."""
    scenario = {"lost": {**HITS_ALL["lost"], "systems": ["cache"], "loses": "primary"}}
    told = Story(plan(AFFECTED, systems=TWO, scenarios=scenario))
    known = [KnownSystem(name=name, type="postgres", plays=name) for name in ("db", "cache", "files")]
    known.append(KnownSystem(name="db-standby", type="postgres", site="dr", standby_of="db"))
    known.append(KnownSystem(name="files-copy", type="files", standby_of="files"))
    told.tell(e.InventoryRead(path="i.yaml", sha256="0" * 64, systems=known))
    assert suggested(told, "affected") == (
        "cache,db",
        "usual for Lost; nothing was measured as down; the inventory has db on the site primary, which may be lost",
    )


@pytest.mark.parametrize(
    ("sites", "answer"), [(["dr", "dr"], "there"), (["primary", "primary"], "here"), (["dr", "primary"], "")]
)
def test_a_failover_leads_to_where_the_standbys_live(sites: list[str], answer: str) -> None:
    asked = {"name": "site", "question": "Where?", "options": {"here": {"title": "Here"}, "there": {"title": "There"}}}
    suggest = {"standby_site": {"same": "here", "another": "there"}}
    told = Story(plan(AFFECTED, step("site", decision={**asked, "suggest": suggest}), systems=TWO, scenarios=HITS_ALL))
    known = [KnownSystem(name=name, type="postgres", plays=name) for name in ("db", "cache")]
    known += [
        KnownSystem(name=f"{of}-standby", type="postgres", site=site, standby_of=of)
        for of, site in zip(("db", "cache"), sites, strict=True)
    ]
    told.tell(e.InventoryRead(path="i.yaml", sha256="0" * 64, systems=known))
    assert suggested(told, "site")[0] == answer


def test_what_was_decided_is_begun_with_again() -> None:
    told = fleet()
    told.tell(e.DecisionMade(step="affected", name="affected", answer="cache"))
    assert suggested(told, "affected")[0] == "cache"


CURE: dict[str, Any] = {
    "name": "cure",
    "question": "Was it enough?",
    "options": {"restore": {"title": "No"}, "enough": {"title": "Yes"}},
    "suggest": {"start": {"done": "enough", "tried, failed": "restore"}},
}


@pytest.mark.parametrize(
    ("status", "answer"), [("succeeded", "enough"), ("failed", "restore"), ("cancelled", ""), ("", "")]
)
def test_an_answer_follows_from_how_a_step_ended_or_there_is_none(status: str, answer: str) -> None:
    told = Story(plan(step("start", action="db.start", may_fail=True), step("cure", decision=CURE)))
    if status:
        told.run("start", status=status)
    assert suggested(told, "cure")[0] == answer
    assert bool(suggested(told, "cure")[1]) == bool(answer)


def test_what_the_scenario_refuses_is_never_suggested() -> None:
    refusing = {"lost": {**HITS_ALL["lost"], "systems": ["db"], "refuses": {"cure": ["enough"]}}}
    told = Story(plan(step("start", action="db.start"), step("cure", decision=CURE), scenarios=refusing))
    told.run("start")
    assert suggested(told, "cure") == ("", "")


def test_what_follows_from_an_answer_counts_where_a_step_of_that_name_asked_for_it() -> None:
    way = {"name": "way", "question": "How?", "options": {"restore": {"title": "Restore"}, "wait": {"title": "Wait"}}}
    site: dict[str, Any] = {
        "name": "site",
        "question": "Where?",
        "options": {"here": {"title": "Here"}, "there": {"title": "There"}},
        "suggest": {"way": {"restore": "here"}},
    }
    told = Story(plan(step("way", decision=way), step("site", decision=site)))
    told.tell(e.DecisionMade(step="way", name="way", answer="restore"))
    assert suggested(told, "site") == ("here", "way: Restore")


def test_what_the_scenario_hits_and_nobody_found_up_is_affected_beside_what_is_down() -> None:
    told = fleet()
    told.tell(e.HealthChanged(system="cache", status="down", was="up"))
    assert suggested(told, "affected") == (
        "db,cache",
        "db is not measured, usual for Lost; cache is down, seen 03:00:02 UTC",
    )


def test_the_answer_that_helps_against_a_failure_comes_before_the_one_that_led_to_it() -> None:
    by = {"name": "by", "question": "By what?", "options": {"power": {"title": "Power"}, "port": {"title": "Its port"}}}
    told = Story(plan(step("by", decision=by, optional=True), step("fence", action="db.fence")))
    told.tell(e.DecisionMade(step="by", name="by", answer="power"))
    cure = e.Cure(words="its port can be cut", decision="by", answer="port")
    told.run("fence", status="failed", cures=[cure])
    assert suggested(told, "by") == ("port", "its port can be cut")
    told.tell(e.DecisionMade(step="by", name="by", answer="port"))
    assert suggested(told, "by")[1].startswith("decided by")


def test_an_answer_that_led_to_a_failure_is_not_begun_with_again_but_what_was_found_since() -> None:
    told = Story(plan(AFFECTED, step("check", action="app.check"), systems=TWO, scenarios=HITS_ALL))
    told.tell(e.HealthChanged(system="db", status="down", was="up"))
    told.tell(*(e.HealthChanged(system=name, status="up", was="") for name in ("cache", "files")))
    told.tell(e.DecisionMade(step="affected", name="affected", answer="db"))
    cure = e.Cure(words="the cache is damaged too", decision="affected")
    told.run("check", status="failed", cures=[cure])
    assert suggested(told, "affected") == ("", "")
    wrong = e.Finding(severity="wrong", about="profiles", text="904 differ", system="cache")
    told.run("check", status="failed", cures=[cure], findings=[wrong])
    assert suggested(told, "affected")[0] == "db,cache"


STRATEGY = {
    "name": "strategy",
    "question": "How?",
    "options": {"fail-over": {"title": "Fail over"}, "restore": {"title": "Restore"}},
}
FAILS_OVER = {"lost": {**HITS_ALL["lost"], "systems": ["db"], "strategy": "fail-over"}}
SETS = {"sets": {"F1": "2026-03-01T02:00:00+00:00"}, "all_sets": True}


FAIL_OVER = {"strategy": ["fail-over"]}


def with_standby(*standbys: str, warm: bool = False) -> Story:
    told = Story(
        plan(
            step("strategy", decision=STRATEGY),
            step("look", action="backups.verify", system="db"),
            *([step("activate", action="pg.activate_standby", system="db", when=FAIL_OVER)] if warm else []),
            step("promote", action="pg.promote", system="db", when=FAIL_OVER),
            step("restore", action="pg.restore", system="db", when={"strategy": ["restore"]}),
            systems=TWO,
            scenarios=FAILS_OVER,
            strategies={name: {"title": name} for name in ("fail-over", "restore")},
        )
    )
    names = {"db": "", **dict.fromkeys(standbys, "db")}
    known = [
        KnownSystem(name=name, type="pg", plays="" if of else name, standby_of=of, acts=["pg", "backups"])
        for name, of in names.items()
    ]
    told.tell(e.InventoryRead(path="i.yaml", sha256="0" * 64, systems=known))
    return told


def test_the_usual_strategy_is_begun_with_while_nothing_speaks_against_it() -> None:
    told = with_standby("replica")
    assert suggested(told, "strategy") == ("fail-over", "usual for Lost")


def test_a_strategy_that_cannot_be_is_not_begun_with() -> None:
    told = with_standby()
    assert suggested(told, "strategy") == ("", "")
    told.run("look", facts=SETS)
    assert suggested(told, "strategy") == ("restore", "The database has no standby; The database has backup F1")


def test_a_standby_that_is_down_or_wrong_speaks_against_failing_over_and_another_one_for_it() -> None:
    told = with_standby("replica", "other")
    told.tell(e.HealthChanged(system="replica", status="down", was="up"))
    assert suggested(told, "strategy")[0] == "fail-over"
    told.tell(e.HealthChanged(system="other", status="not answering", was="up"))
    told.run("look", facts=SETS)
    why = "replica is down; other is not answering; The database has backup F1"
    assert suggested(told, "strategy") == ("restore", why)


def test_a_standby_that_is_down_speaks_against_no_strategy_that_starts_it() -> None:
    told = with_standby("replica", warm=True)
    told.tell(e.HealthChanged(system="replica", status="down", was="up"))
    assert against(told.incident, "fail-over") == ""
    told.tell(e.HealthChanged(system="replica", status="not answering", was="down"))
    assert against(told.incident, "fail-over") == "replica is not answering"


def test_where_neither_a_standby_nor_a_backup_is_left_nothing_is_begun_with() -> None:
    told = with_standby()
    told.run("look", facts={"sets": {}, "all_sets": True})
    assert suggested(told, "strategy") == ("", "")
