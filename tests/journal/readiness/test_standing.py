"""The plan's open points: what a look found wrong stays one until a look finds it well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cleo_console.plans import bundled
from journal.plan.read import read_plan
from journal.readiness.finding import ReadyFinding, State
from journal.readiness.standing import OpenPoint, as_problems, standing

AT = datetime(2026, 11, 30, 8, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
RESTORE = "postgres-restore"


def found(about: str, state: State, **more: object) -> ReadyFinding:
    given = {"words": "as seen", "cure": "Mend it.", "systems": ["postgres"], "steps": [RESTORE]} | more
    return ReadyFinding(about=about, state=state, **given)  # type: ignore[arg-type]


def after(*later: ReadyFinding, systems: tuple[str, ...] = ("postgres",)) -> list[OpenPoint]:
    """What is open an hour after a folder was found full."""
    first = standing([], [found("folder /data on db1", "wrong")], AT, systems)
    return standing(first, later, LATER, systems)


def test_what_is_well_again_is_no_open_point() -> None:
    assert after(found("folder /data on db1", "ok")) == []
    assert after(found("host db1", "ok")) == [], "it was looked at, and is not among what was found wrong"


def test_what_is_still_wrong_keeps_the_hour_since_which_it_is() -> None:
    [point] = after(found("folder /data on db1", "wrong", words="worse"))
    assert (point.words, point.since, point.seen) == ("worse", AT, LATER)


def test_what_nobody_could_look_at_again_stays_and_says_so() -> None:
    [point] = after(found("host db1", "not measured"))
    assert (point.since, point.seen) == (AT, AT)
    assert "nobody could look again since" in point.line({RESTORE: "3.2.1"}, LATER)
    [same] = after(found("folder /data on db1", "not measured"))
    assert same == point
    assert after(found("host db2", "not measured", systems=["redis"])) == []


def test_what_is_about_a_system_that_is_gone_is_no_open_point() -> None:
    assert after(found("host db1", "not measured"), systems=("redis",)) == []


def test_a_command_that_nobody_could_look_at_again_stays() -> None:
    about, whose = "/opt/repoint on db1", {"systems": [], "steps": ["repoint"]}
    first = standing([], [found(about, "wrong", **whose)], AT, ["postgres"])
    assert standing(first, [found(about, "not measured", **whose)], LATER, ["postgres"]) == first
    assert standing(first, [found("host db1", "not measured")], LATER, ["postgres"]) == []


def test_a_plan_names_its_open_points_at_the_step_with_the_cure() -> None:
    loaded = read_plan(bundled())
    points = standing(
        [], [found("folder /data on db1", "wrong"), found("x", "wrong", steps=["no-step"])], AT, ["postgres"]
    )
    [problem] = as_problems(loaded, points, AT)
    lines = bundled().read_text().splitlines()
    assert RESTORE in "".join(lines[problem.line - 1 : problem.line + 1])
    number = loaded.plan.numbers[RESTORE]
    assert problem.message.endswith(f"UTC: {number}: folder /data on db1: as seen. Mend it.")
    assert problem.level == "warning"
