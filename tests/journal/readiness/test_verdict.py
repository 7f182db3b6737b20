"""What becomes of a scenario by what was looked at: plain tables, no server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
import pytest

from cleo_console.plans import bundled
from journal.events.exposure import Exposed, Exposure
from journal.events.run import KnownSystem
from journal.events.types import Kind
from journal.incident.exposure import NOTHING_COPIED
from journal.incident.restore_time import RestoreTime
from journal.plan.read import LoadedPlan, read_plan
from journal.readiness.finding import ReadyFinding, said_once, with_steps
from journal.readiness.seen import Seen, SystemSeen, declared_now
from journal.readiness.verdict import Answer, Verdict, verdicts, worst

_AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
_STORES = ("postgres", "mongodb", "redis")


@cache
def _plan() -> LoadedPlan:
    return read_plan(bundled())


def _known(name: str, **more: Any) -> KnownSystem:
    kind = name.partition("-")[0]
    more = {"plays": "" if more.get("standby_of") else kind, **more}
    return KnownSystem(name=name, type=kind, title=name, acts=[kind, "backups"], **more)


def _seen(
    *, lost_s: float | None = 10.0, took_s: float = 60.0, known: Sequence[KnownSystem] = (), **more: Mapping[str, Any]
) -> Seen:
    """Three stores that are up, backed up, and restored in a minute each, unless it is said otherwise."""
    measured = RestoreTime(label="b", at=_AT, seconds=took_s).facts() if took_s else {}
    systems = known or [_known(name) for name in _STORES]
    exposure = Exposure(seconds=lost_s, by="its log", at=_AT)
    return Seen(
        at=_AT,
        kind=Kind.LAB,
        known=systems,
        systems={one.name: SystemSeen(status="up", facts=measured, **more.get(one.name, {})) for one in systems},
        exposed=[Exposed(system=one.name, store=exposure, site=Exposure(by=f"{NOTHING_COPIED} dr")) for one in systems],
    )


def _found(state: Any, action: str, system: str = "postgres", **more: Any) -> ReadyFinding:
    return ReadyFinding(
        about=f"{action}'s", state=state, words="so", systems=[system] if system else [], actions=[action], **more
    )


def _judged(scenario: str, seen: Seen, *found: ReadyFinding) -> Verdict:
    every = verdicts(_plan(), seen, with_steps(found, _plan().plan, seen.known))
    return next(one for one in every if one.scenario == scenario)


@pytest.mark.parametrize(
    ("found", "comes_back"),
    [
        ([], "yes"),
        ([_found("ok", "postgres.restore")], "yes"),
        ([_found("wrong", "postgres.restore")], "no"),
        ([_found("wrong", "postgres.restore", stops=False)], "yes"),
        ([_found("not measured", "postgres.restore")], "not known"),
        ([_found("not measured", "postgres.restore", stops=False)], "yes"),
        ([_found("wrong", "postgres.promote")], "yes"),
        ([_found("not measured", "redis.restore", "redis"), _found("wrong", "mongodb.restore", "mongodb")], "no"),
        ([_found("wrong", "files.restore", "elsewhere")], "yes"),
    ],
    ids=lambda value: "" if isinstance(value, str) else " and ".join(f"{one.state} {one.stops}" for one in value),
)
def test_it_comes_back_only_where_nothing_that_stops_a_step_of_it_is_wrong(
    found: list[ReadyFinding], comes_back: Answer
) -> None:
    verdict = _judged("database-failure", _seen(), *found)
    assert verdict.comes_back == comes_back, verdict.why
    assert worst([verdict.ready, comes_back]) == verdict.ready, "no better than whether it comes back"
    if comes_back != "yes":
        assert any("'s: so" in why for why in verdict.why)
        assert {one.met for one in verdict.times} == {comes_back}, "no time is better than that either"


@pytest.mark.parametrize(("lost_s", "within"), [(0.0, "yes"), (900.0, "yes"), (901.0, "no"), (None, "not known")])
def test_the_loss_is_held_against_what_is_promised(lost_s: float | None, within: Answer) -> None:
    verdict = _judged("database-failure", _seen(lost_s=lost_s))
    assert (verdict.within_loss, {one.met for one in verdict.losses}) == (within, {within})
    assert [one.system for one in verdict.losses] == [*_STORES]
    assert all("its log" in str(one) for one in verdict.losses)


def test_where_the_damage_is_replicated_nobody_knows_the_loss_beforehand_and_a_larger_one_is_a_miss() -> None:
    small, large = (_judged("data-corruption", _seen(lost_s=lost_s)) for lost_s in (10.0, 901.0))
    assert {one.met for one in small.losses} == {"not known"}
    assert "given up, too" in small.losses[0].by
    assert {one.met for one in large.losses} == {"no"}


def test_a_system_that_nobody_plays_is_not_known_and_never_left_out() -> None:
    verdict = _judged("database-failure", _seen(known=[_known("postgres"), _known("mongodb")]))
    assert (verdict.comes_back, verdict.within_loss, verdict.ready) == ("not known",) * 3
    assert any("no system that plays Redis" in why for why in verdict.why)


@pytest.mark.parametrize(
    ("took_s", "in_time", "why"), [(0.0, "not known", "was never measured"), (4000.0, "no", "and 1 h is promised")]
)
def test_no_time_is_kept_by_figures_that_nobody_measured(took_s: float, in_time: Answer, why: str) -> None:
    verdict = _judged("database-failure", _seen(took_s=took_s))
    assert (verdict.in_time, verdict.comes_back) == (in_time, "yes")
    assert why in verdict.times[0].why


def test_nothing_on_the_lost_site_counts_and_what_lives_there_alone_does_not_come_back() -> None:
    verdict = _judged("natural-disaster", _seen(), _found("wrong", "postgres.fence"))
    assert (verdict.comes_back, verdict.within_loss) == ("no", "not known")
    assert "has no standby outside of site primary" in verdict.why[0]
    assert not any("postgres.fence's" in why for why in verdict.why)


def test_a_standby_elsewhere_is_judged_by_what_is_found_of_it() -> None:
    known = [one for name in _STORES for one in (_known(name), _known(f"{name}-dr", site="dr", standby_of=name))]
    sound, broken = (
        _judged("natural-disaster", _seen(known=known), *found)
        for found in ([], [_found("wrong", "postgres.promote", "postgres-dr")])
    )
    assert not any("PostgreSQL" in why or "postgres" in why for why in sound.why)
    assert (broken.comes_back, broken.why[0]) == ("no", "postgres.promote's: so")


def test_the_incident_that_would_be_declared_has_what_was_seen_and_is_written_nowhere() -> None:
    incident = declared_now(_plan(), "database-failure", _seen(postgres={"detail": "primary"}))
    assert (incident.scenario, incident.began_at) == ("database-failure", _AT)
    assert incident.health["postgres"].status == "up"
    assert sorted(incident.roster.systems) == sorted(_STORES)
    assert incident.exposed_last["redis"].store.seconds == 10.0


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (["yes", "yes"], "yes"),
        (["yes", "not known"], "not known"),
        (["not known", "no"], "no"),
        ([], "yes"),
    ],
)
def test_of_several_answers_the_worst_counts(answers: list[Answer], said: Answer) -> None:
    assert worst(answers) == said


def test_what_two_looks_say_is_said_once_by_the_one_that_stops_more() -> None:
    closer = ReadyFinding(about="system x", state="wrong", words="no backup.", systems=["x"], stops=False)
    grave = msgspec.structs.replace(closer, about="backups of x", words="no backup", stops=True)
    other = msgspec.structs.replace(closer, systems=["y"])
    fine = ReadyFinding(about="a", state="ok", words="good", systems=["x"])
    more = msgspec.structs.replace(fine, about="b")
    assert said_once([closer, fine, grave, other, more]) == [fine, grave, other, more]


def test_a_finding_gets_the_steps_that_act_on_its_systems() -> None:
    seen = _seen(known=[_known("postgres"), _known("postgres-dr", site="dr", standby_of="postgres")])
    plain = ReadyFinding(about="x", state="ok", words="so", systems=["postgres"])
    named = msgspec.structs.replace(plain, steps=["mine"])
    (all_of_it, one_action, of_standby, own) = with_steps(
        [plain, _found("ok", "postgres.restore"), _found("ok", "postgres.promote", "postgres-dr"), named],
        _plan().plan,
        seen.known,
    )
    assert {"postgres-restore"} < set(all_of_it.steps)
    assert not [step for step in all_of_it.steps if "promote" in step], "that is done at the standby"
    assert one_action.steps == ["postgres-restore"]
    assert of_standby.steps
    assert not set(of_standby.steps) & set(all_of_it.steps)
    assert own.steps == ["mine"]
