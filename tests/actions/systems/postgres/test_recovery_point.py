"""One recovery point an incident: what may be asked for, and what may not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.context import IncidentFacts
from actions.outcome import ActionFailed, GateClosed
from actions.systems.postgres.recovery_point import RecoveryPoint, parse_recovery_point, recovery_point
from journal.events.types import Kind

LABEL = "20261123-000508F"
NOON = RecoveryPoint(kind="time", instant=datetime(2026, 11, 23, 12, tzinfo=UTC))


def incident(decided: str = "", scenario: str = "database-failure") -> IncidentFacts:
    decisions = {"recovery_point": decided} if decided else {}
    return IncidentFacts(id="INC-1", kind=Kind.LAB, scenario=scenario, decisions=decisions)


@pytest.mark.parametrize(
    ("answer", "point"),
    [
        ("latest", RecoveryPoint()),
        (f"backup:{LABEL}", RecoveryPoint(kind="backup", label=LABEL)),
        ("time:2026-11-23T12:00:00Z", NOON),
        ("time:2026-11-23T13:00:00+01:00", NOON),
        ("lsn:0/5001EA0", RecoveryPoint(kind="lsn", lsn=0x5001EA0)),
        ("lsn:1/0", RecoveryPoint(kind="lsn", lsn=1 << 32)),
    ],
)
def test_an_answer_names_a_point_and_is_written_back(answer: str, point: RecoveryPoint) -> None:
    assert parse_recovery_point(answer) == point
    assert parse_recovery_point(str(point)) == point


@pytest.mark.parametrize(
    "answer",
    ["", "yesterday", "time:yesterday", "time:2026-11-23T12:00:00", "lsn:5001EA0", "backup:newest"],
)
def test_what_is_not_a_point_is_refused(answer: str) -> None:
    with pytest.raises(ActionFailed, match="is not a recovery point"):
        parse_recovery_point(answer)


def test_parameters_stand_in_where_nothing_is_decided() -> None:
    assert recovery_point(incident(), to="2026-11-23T12:00:00Z") == NOON
    assert recovery_point(incident(), backup=LABEL).label == LABEL
    assert recovery_point(incident(), latest=True) == RecoveryPoint()


def test_the_scripts_latest_obeys_the_decision() -> None:
    assert recovery_point(incident("time:2026-11-23T12:00:00Z"), latest=True) == NOON


def test_a_backup_to_start_from_does_not_change_the_point() -> None:
    assert recovery_point(incident("time:2026-11-23T12:00:00Z"), backup=LABEL) == NOON


@pytest.mark.parametrize("given", [{"to": "2026-11-23T12:00:01Z"}, {"to": "lsn:0/1"}])
def test_a_contradiction_never_yields(given: dict[str, str]) -> None:
    with pytest.raises(GateClosed) as closed:
        recovery_point(incident("time:2026-11-23T12:00:00Z"), **given)  # type: ignore[arg-type]
    assert closed.value.yields == "never"


@pytest.mark.parametrize("scenario", ["data-corruption", "data_corruption", "security-breach"])
@pytest.mark.parametrize("decided", ["", "latest", "time:2999-01-01T00:00:00Z"])
def test_the_newest_state_is_refused_where_it_holds_the_damage(scenario: str, decided: str) -> None:
    with pytest.raises(GateClosed) as closed:
        recovery_point(incident(decided, scenario))
    assert (closed.value.gate, closed.value.yields) == ("recovery-point", "never")


def test_two_parameters_at_once_are_refused() -> None:
    with pytest.raises(ActionFailed, match="exclude each other"):
        recovery_point(incident(), latest=True, backup=LABEL)


@pytest.mark.parametrize(("scenario", "passes"), [("data-corruption", True), ("security-breach", False)])
def test_damage_that_a_person_confirmed_to_be_physical_leaves_the_latest_open(scenario: str, passes: bool) -> None:
    incident = IncidentFacts(id="INC-1", kind=Kind.LAB, scenario=scenario, decisions={"corruption": "physical"})
    if passes:
        assert recovery_point(incident, latest=True).kind == "latest"
    else:
        with pytest.raises(GateClosed):
            recovery_point(incident, latest=True)
