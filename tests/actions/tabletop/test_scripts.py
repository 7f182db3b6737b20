"""The scenarios' data: whatever they name exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from actions.context import IncidentFacts
from actions.registry import catalogue
from actions.system_types import system_types
from actions.tabletop.checking.check import exercise_misfits
from actions.tabletop.script import Act, Script, fits, ordinary_world
from actions.tabletop.values import render
from actions.tabletop.world import SimulatedWorld
from cleo_console.exercises import bundled_scenarios, load_exercise, with_labels
from cleo_console.plans import bundled
from journal.events.types import Kind
from journal.exercise.script import Exercise
from journal.plan.load import load_plan

PLAN = load_plan(bundled()).plan
ANSWERS = {f"decision.{step.decision.name}" for step in PLAN.steps() if step.decision}
BEGAN = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


@cache
def _exercise(scenario: str) -> Exercise:
    return with_labels(load_exercise(scenario), BEGAN)


def _world(scenario: str) -> SimulatedWorld:
    return SimulatedWorld(_exercise(scenario))


def test_every_scenario_of_the_plan_has_an_exercise() -> None:
    assert set(bundled_scenarios()) == set(PLAN.scenarios)
    assert all(load_exercise(scenario).scenario == scenario for scenario in bundled_scenarios())


def test_every_action_has_a_way_to_go_in_any_world() -> None:
    acts = ordinary_world().acts
    assert set(acts) == set(catalogue())
    assert [action for action, ways in acts.items() if ways[-1].when] == []
    had = {name for name, system in PLAN.systems.items() if not system.optional}  # a simulated world has no others
    assert set(ordinary_world().health) == had | set(system_types())
    assert [name for name, cases in ordinary_world().health.items() if cases[-1].when] == []


@pytest.mark.parametrize("scenario", bundled_scenarios())
def test_the_check_of_exercises_finds_nothing(scenario: str) -> None:
    assert exercise_misfits(load_exercise(scenario), PLAN, catalogue()) == []


@pytest.mark.parametrize("scenario", bundled_scenarios())
def test_every_text_can_be_said_and_every_condition_is_about_something(scenario: str) -> None:
    world = _world(scenario)
    world.become({f"{store}.reached": BEGAN.isoformat() for store in ("postgres", "mongodb", "redis", "files")})
    facts = IncidentFacts(id="INC", kind=Kind.TABLETOP, scenario=scenario, began_at=BEGAN.isoformat(), decisions={})
    params = {name: "x" for spec in catalogue().values() for name in (param.name for param in spec.params)}
    known = world.values(facts, params)
    made = {name for act in _acts(world.script) for name in act.makes}
    made |= {name for reaction in world.script.reactions for name in reaction.makes}
    for act in _acts(world.script):
        if act.when.get("backups.sets", known["backups.sets"]) == known["backups.sets"]:
            assert all(render(text, known) or not text for text in _texts(act))
        assert [name for name in act.when if name not in known.keys() | made | ANSWERS] == []


def test_a_fact_about_the_newest_commit_is_an_instant_with_a_zone() -> None:
    world = _world("database-failure")
    world.become({"postgres.server": "restored"})
    facts = IncidentFacts(id="INC", kind=Kind.TABLETOP, began_at=BEGAN.isoformat(), scenario="database-failure")
    known = world.values(facts, {})
    newest = render(str(world.choose("postgres.apply_wal", known).facts["newest_commit_at"]), known)
    assert datetime.fromisoformat(newest) == BEGAN - timedelta(seconds=38)


def _acts(script: Script) -> Iterator[Act]:
    for ways in script.acts.values():
        yield from ways


def _texts(act: Act) -> list[str]:
    said = [act.summary, act.hint, act.effect, act.left_behind, act.half_done, *act.lines, *act.makes.values()]
    return said + [value for value in act.facts.values() if isinstance(value, str)]


@pytest.mark.parametrize("scenario", bundled_scenarios())
def test_no_failure_is_mended_by_pressing_the_same_key_again(scenario: str) -> None:
    mended = [
        f"{action}: {act.summary}"
        for action, ways in _world(scenario).script.acts.items()
        for act in ways
        if not act.ok and _again(scenario, action, act).ok
    ]
    assert mended == []


def _again(scenario: str, action: str, act: Act) -> Act:
    """Return what an action does in the world that its failure left; ``act`` itself where it is never reached."""
    world, facts = _world(scenario), IncidentFacts(id="INC", kind=Kind.TABLETOP, began_at=BEGAN.isoformat())
    named = {name: word.split("|")[0].strip() for name, word in act.when.items() if not word.startswith("not ")}
    world.become({name: word for name, word in named.items() if name in world.facts()})
    if world.choose(action, world.values(facts, {})) is not act:
        return act
    world.become(act.makes)
    for reaction in world.script.reactions:
        if reaction.on == f"failed:{action}" and fits(reaction.when, world.facts()):
            world.become(reaction.makes)
    return world.choose(action, world.values(facts, {}))


def test_what_helps_is_an_action_that_there_is_or_a_decision_of_the_plan() -> None:
    acts = [act for scenario in bundled_scenarios() for act in _acts(_world(scenario).script)]
    cures = [cure for act in acts for cure in act.cures]
    assert {cure.action for cure in cures} <= {"", *catalogue()}
    assert {cure.decision for cure in cures} <= {"", *(name.removeprefix("decision.") for name in ANSWERS)}
    assert len({cure.words for cure in cures}) > 15
