"""One recovery point an incident: what may be asked for, and what may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from actions.context import IncidentFacts
from actions.outcome import ActionFailed, GateClosed
from actions.recovery_point import as_latest, label_of, recovery_point
from actions.systems.postgres import SYSTEM
from actions.systems.postgres.wal import lsn_of
from journal.events.types import Kind
from journal.incident.recovery_point import RecoveryPoint, parse

LABEL = "20261123-000508F"
FORMS = {"postgres": {form.name: form for form in SYSTEM.positions}}
NOON = RecoveryPoint(instant=datetime(2026, 11, 23, 12, tzinfo=UTC))


def incident(decided: str = "", scenario: str = "database-failure") -> IncidentFacts:
    point = parse(decided, FORMS) if decided else None
    return IncidentFacts(id="INC-1", kind=Kind.LAB, scenario=scenario, recovery_point=point)


def test_parameters_stand_in_where_nothing_is_decided() -> None:
    assert recovery_point(incident(), "postgres", SYSTEM, to="2026-11-23T12:00:00Z") == NOON
    assert recovery_point(incident(), "postgres", SYSTEM, to="lsn:0/5001EA0").kind == "lsn"
    assert label_of(recovery_point(incident(), "postgres", SYSTEM, backup=LABEL)) == LABEL
    assert recovery_point(incident(), "postgres", SYSTEM, latest=True).latest


def test_the_scripts_latest_obeys_the_decision() -> None:
    assert recovery_point(incident("time:2026-11-23T12:00:00Z"), "postgres", SYSTEM, latest=True) == NOON


def test_a_backup_to_start_from_does_not_change_the_point() -> None:
    assert recovery_point(incident("time:2026-11-23T12:00:00Z"), "postgres", SYSTEM, backup=LABEL) == NOON


def test_one_position_is_the_same_however_its_zeros_are_written() -> None:
    assert lsn_of(recovery_point(incident("lsn:0/5001EA0"), "postgres", SYSTEM, to="lsn:0/05001ea0")) == 0x5001EA0


def test_a_position_of_its_own_goes_before_the_instant_of_the_others() -> None:
    mixed = incident("time:2026-11-23T12:00:00Z postgres lsn:1/0")
    assert lsn_of(recovery_point(mixed, "postgres", SYSTEM)) == 1 << 32
    assert recovery_point(mixed, "billing", SYSTEM) == NOON


def test_a_point_that_says_nothing_of_a_system_restores_nothing_there() -> None:
    with pytest.raises(GateClosed, match="says nothing of billing") as closed:
        recovery_point(incident(f"backup:{LABEL}"), "billing", SYSTEM)
    assert (closed.value.gate, closed.value.yields) == ("recovery-point", "never")


@pytest.mark.parametrize("given", [{"backup": "newest"}, {"to": "yesterday"}, {"to": "2026-11-23T12:00:00"}])
def test_parameters_that_are_no_point_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(ActionFailed, match=r"is no |names no"):
        recovery_point(incident(), "postgres", SYSTEM, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [{"to": "2026-11-23T12:00:01Z"}, {"to": "lsn:0/1"}])
def test_a_contradiction_never_yields(given: dict[str, str]) -> None:
    with pytest.raises(GateClosed) as closed:
        recovery_point(incident("time:2026-11-23T12:00:00Z"), "postgres", SYSTEM, **given)  # type: ignore[arg-type]
    assert closed.value.yields == "never"


@pytest.mark.parametrize("scenario", ["data-corruption", "data_corruption", "security-breach"])
@pytest.mark.parametrize("decided", ["", "latest", "time:2999-01-01T00:00:00Z"])
def test_the_newest_state_is_refused_where_it_holds_the_damage(scenario: str, decided: str) -> None:
    with pytest.raises(GateClosed) as closed:
        recovery_point(incident(decided, scenario), "postgres", SYSTEM)
    assert (closed.value.gate, closed.value.yields) == ("recovery-point", "never")


def test_two_parameters_at_once_are_refused() -> None:
    with pytest.raises(ActionFailed, match="exclude each other"):
        recovery_point(incident(), "postgres", SYSTEM, latest=True, backup=LABEL)


@pytest.mark.parametrize(("scenario", "passes"), [("data-corruption", True), ("security-breach", False)])
def test_damage_that_a_person_confirmed_to_be_physical_leaves_the_latest_open(scenario: str, passes: bool) -> None:
    incident = IncidentFacts(id="INC-1", kind=Kind.LAB, scenario=scenario, decisions={"corruption": "physical"})
    if passes:
        assert recovery_point(incident, "postgres", SYSTEM, latest=True).latest
    else:
        with pytest.raises(GateClosed):
            recovery_point(incident, "postgres", SYSTEM, latest=True)


@pytest.mark.parametrize(
    ("found", "yields"),
    [
        ({}, "reason and target"),
        ({"discovered_at": NOON.instant}, "reason and target"),
        ({"discovered_at": NOON.instant - timedelta(seconds=1)}, "never"),  # type: ignore[operator]
        ({"damaged": {"postgres": "a table was dropped"}, "ever_damaged": ["postgres"]}, "never"),
        ({"ever_damaged": ["postgres"]}, "reason and target"),
        ({"ever_damaged": ["mongodb"]}, ""),
        ({"ever_damaged": ["mongodb"], "damaged": {"postgres": "a table was dropped"}}, "never"),
        ({"damaged": {"postgres": "a table was dropped"}, "damage_began": NOON.instant}, ""),
    ],
)
def test_what_keeps_everything_of_a_system_is_judged_by_what_was_found_of_it(
    found: dict[str, Any], yields: str
) -> None:
    facts = {"discovered_at": NOON.instant + timedelta(hours=1), **found}  # type: ignore[operator]
    incident = IncidentFacts(id="INC-1", kind=Kind.LAB, scenario="data-corruption", **facts)
    closed = as_latest(incident, "postgres", NOON)
    assert (closed.yields if closed else "") == yields
    ways = [bool(cure.override) for cure in closed.cures] if closed else []
    assert ways == {"": [], "never": [False], "reason and target": [True, False]}[yields], "deciding it again is no way"
