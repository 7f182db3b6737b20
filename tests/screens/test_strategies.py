"""What each strategy would take and lose: from evidence, or not measured."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from journal.events import types as e
from journal.events.measured import Measured
from journal.events.run import KnownSystem, Took
from journal.incident.fold import fold_journal
from journal.incident.proposals import Proposal
from journal.incident.restore_time import RestoreTime
from journal.incident.state import Incident
from journal.store.journal import Journal, Reader
from journal.store.rows import Reading
from screens.guidance.evidence import evidence
from screens.guidance.strategies import Time, expected, in_words, losses
from tests.journal.stories import Story, plan, step
from tests.screens.app_services import START, FakeServices, PlayedRunner, SetClock
from tests.screens.driving import console


def state(journal: Journal) -> Incident:
    return fold_journal(journal.path)


def test_time_is_what_the_steps_left_usually_take(journal: Journal, runner: PlayedRunner) -> None:
    assert expected(state(journal), "cold-recovery") == Time(20 * 60 + 30, 4)
    assert expected(state(journal), "hot-standby") == Time(30, 5)
    journal.append(e.StepSkipped(step="check", reason="known"))
    assert expected(state(journal), "cold-recovery") == Time(20 * 60, 4)


def test_loss_is_measured_or_said_not_to_be(services: FakeServices, journal: Journal, runner: PlayedRunner) -> None:
    found = losses(state(journal), "cold-recovery", {}, services.clock())
    assert [(loss.title, loss.seconds) for loss in found] == [("PostgreSQL", None), ("MongoDB", None)]
    run = journal.append(e.RunRequested(step="check", action="backups.verify"))[0].seq
    runner.start(run, step="check", action="backups.verify")
    until = (START - timedelta(minutes=4)).isoformat()
    runner.finish(run, step="check", facts={"archived_until": until})
    assert losses(state(journal), "cold-recovery", {}, services.clock())[0].seconds is None, "nobody saw a commit"
    last = Measured(newest_commit_at=START)
    journal.append(e.HealthChanged(system="postgres", status="down", was="up", last=last))
    runner.health("mongodb", "up", "primary", exposure_s=55, replica_lag_s=7)
    with Reader(journal.path) as reader:
        readings = reader.readings()
    found = losses(state(journal), "cold-recovery", readings, services.clock())
    # MongoDB has no step that restores it in this plan: its loss would be its standby's.
    assert [(loss.title, loss.seconds) for loss in found] == [("PostgreSQL", 240.0), ("MongoDB", 7.0)]
    found = losses(state(journal), "hot-standby", readings, services.clock())
    assert [(loss.title, loss.seconds) for loss in found] == [("PostgreSQL", None), ("MongoDB", 7.0)]
    chosen = f"time:{(START - timedelta(hours=1)).isoformat()}"
    journal.append(e.DecisionMade(step="recovery-point", name="recovery_point", answer=chosen))
    assert losses(state(journal), "cold-recovery", readings, services.clock())[0].seconds == 3600


def test_a_failover_loses_what_the_nearest_standby_lacks(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    known = [
        KnownSystem(name="postgres", type="postgres", plays="postgres", acts=["postgres"]),
        KnownSystem(name="far", type="postgres", site="dr", standby_of="postgres", acts=["postgres"]),
    ]
    journal.append(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=known))

    def told() -> tuple[float | None, str]:
        with Reader(journal.path) as reader:
            first = losses(state(journal), "hot-standby", reader.readings(), services.clock())[0]
        return first.seconds, first.why.partition(", measured")[0]

    assert told() == (None, "far in dr is not measured")
    runner.health("postgres", "up", "primary")
    runner.health("far", "up", "standby", replica_lag_s=7)
    assert told() == (7.0, "far in dr is 7 s behind")
    journal.append(
        e.HealthChanged(system="postgres", status="down", was="up", last=Measured(newest_commit_at=START)),
    )
    runner.health("postgres", "down", "refused")
    has = (START - timedelta(seconds=3)).isoformat()
    runner.health("far", "degraded", "it receives nothing", replica_lag_s=900, newest_commit_at=has)
    seconds, why = told()
    assert seconds == 3, "a lag that only grows tells nothing of a primary that is gone"
    assert why.startswith("far in dr has what was written until")


def fleet(journal: Journal, **plays: str) -> None:
    known = [
        KnownSystem(name=name, type="postgres", plays=played, acts=["postgres", "backups"])
        for name, played in plays.items()
    ]
    journal.append(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=known))


def test_each_system_that_is_hit_tells_its_own_loss(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    fleet(journal, left="postgres", right="postgres", other="")
    for name in ("left", "right"):
        last = Measured(newest_commit_at=START)
        journal.append(e.HealthChanged(system=name, status="down", was="up", last=last))
    for name, minutes in (("right", 9), ("right", 4), ("left", 2), ("other", 30)):
        run = journal.append(e.RunRequested(step="", action="backups.verify", system=name))[0].seq
        runner.start(run, step="", action="backups.verify", system=name)
        runner.finish(run, step="", facts={"archived_until": (START - timedelta(minutes=minutes)).isoformat()})

    def told() -> list[tuple[str, float | None]]:
        found = losses(state(journal), "cold-recovery", {}, services.clock())
        return [(loss.title, loss.seconds) for loss in found if loss.title != "MongoDB"]

    assert told() == [("PostgreSQL left", 120.0), ("PostgreSQL right", 240.0)]
    journal.append(e.DecisionMade(step="affected", name="affected", answer="postgres/right"))
    assert told() == [("PostgreSQL right", 240.0)]


def test_of_a_system_that_does_not_answer_the_last_known_state_is_a_bound_and_silence_is_no_zero(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    fleet(journal, postgres="postgres")

    def told(**last: object) -> tuple[float | None, str]:
        payload = {"status": "down", "detail": "refused", "facts": {}, "last": last, "seen_at": START.isoformat()}
        journal.set_reading("health:postgres", payload)
        with Reader(journal.path) as reader:
            first = losses(state(journal), "cold-recovery", reader.readings(), services.clock())[0]
        return first.seconds, first.why

    assert told() == (None, "nobody looked up to which write its backups reach")
    assert told(exposure_s=55.0)[0] == 55
    assert told(exposure_s=55.0)[1].startswith("at least: its exposure when it last answered")
    run = journal.append(e.RunRequested(step="", action="backups.verify", system="postgres"))[0].seq
    runner.start(run, step="", action="backups.verify", system="postgres")
    sets = {"20260101-000000F": (START - timedelta(minutes=30)).isoformat()}
    runner.finish(run, step="", facts={"sets": sets, "all_sets": True})
    assert told()[0] is None, "nobody saw a commit"
    journal.append(e.HealthChanged(system="postgres", status="down", was="up", last=Measured(newest_commit_at=START)))
    assert told()[0] == 1800
    later = (START + timedelta(minutes=5)).isoformat()
    seconds, why = told(archived_until=later)
    assert seconds is None, (
        "a backup that is newer than the newest write seen does not prove that nothing came after it"
    )
    assert "the newest write that anybody saw is older" in why


def test_a_system_of_another_name_tells_the_loss_of_what_it_plays(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    fleet(journal, orders="postgres")
    runner.health("orders", "up", exposure_s=55, replica_lag_s=7)
    with Reader(journal.path) as reader:
        readings = reader.readings()
    at = services.clock()
    assert losses(state(journal), "hot-standby", readings, at)[0][:2] == ("PostgreSQL", 7.0)
    assert losses(state(journal), "cold-recovery", readings, at)[0][:2] == ("PostgreSQL", 55.0)


async def test_the_choice_shows_time_and_loss(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    journal.append(e.DecisionMade(step="recovery-point", name="recovery_point", answer="latest"))
    async with console(services, size) as seen:
        await seen.at("strategy")
        await seen.press("enter")
        await seen.sees(
            "time  about 20 min by the plan's figures, 4 steps not measured", "loss  not measured  PostgreSQL"
        )


async def test_a_measured_restore_counts_in_the_choice_the_step_and_while_it_runs(
    services: FakeServices, journal: Journal, runner: PlayedRunner, clock: SetClock, size: tuple[int, int]
) -> None:
    last = RestoreTime(label="a", at=START - timedelta(days=1), seconds=600, drill=True, size=1_200_000_000)
    run = journal.append(e.RunRequested(step="check", action="backups.verify"))[0].seq
    runner.start(run, step="check", action="backups.verify")
    runner.finish(run, step="check", facts=last.facts())
    assert expected(state(journal), "cold-recovery") == Time(600, 4, {"postgres": last})
    journal.append(e.DecisionMade(step="recovery-point", name="recovery_point", answer="latest"))
    async with console(services, size) as seen:
        await seen.at("strategy")
        await seen.press("enter")
        await seen.sees(
            "about 10 min as restores were measured", "PostgreSQL: measured 10 min on", "in a drill, 1.2 GB"
        )
        await seen.sees("Critical services: 53 min left, takes at least 10 min and 1")
        await seen.press("escape")
    journal.append(e.DecisionMade(step="strategy", name="strategy", answer="cold-recovery"))
    run = journal.append(e.RunRequested(step="restore", action="postgres.restore"))[0].seq
    runner.start(run, step="restore", action="postgres.restore", destructive=True)
    clock.forward(minutes=4)
    async with console(services, size) as seen:
        await seen.at("restore")
        await seen.sees("about 6 min to go, as was measured", "inside the RTO")
        await seen.sees("measured 10 min on", "in a drill, 1.2 GB")


def test_the_objective_with_the_least_left_is_told_and_never_said_to_be_met_where_a_step_has_no_figure(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    def told(after: timedelta) -> str:
        now = services.clock() + after
        return next(line for line in in_words(state(journal), "cold-recovery", {}, now) if line.startswith("rto"))

    assert told(timedelta()) == "rto   Critical services: 53 min left, takes at least 20 min and 1 step not measured"
    assert told(timedelta(minutes=40)).endswith(", 7 min OVER")
    journal.append(e.StepMarkedDone(step="verify", note="by hand"))
    assert told(timedelta()).startswith("rto   Everything: 7 h 53 min left")


def test_what_was_done_before_counts_and_what_never_was_is_said(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    took = Took(
        action="postgres.restore", system="postgres", seconds=14, at=START, by="INC-2026-01-02-03", kind=e.Kind.DRILL
    )
    verify = state(journal).plan.by_id["verify"]
    took = msgspec.structs.replace(took, action=verify.action)
    journal.append(e.RunnerStarted(pid=1, started=1, took=[took]))
    said = expected(state(journal), "cold-recovery")
    assert said.seconds == 20 * 60 + 30 + 14
    assert said.unknown == 3
    lines = in_words(state(journal), "cold-recovery", {}, services.clock())
    assert lines[0].startswith("time  about 20 min as was measured, else by the plan's figures")
    asks = next(step for step in state(journal).plan.steps() if step.decision and step.decision.name == "strategy")
    among_others = list(evidence(Proposal(asks, "cold-recovery", "", state(journal)), {}, services.clock()))
    assert among_others[0].startswith("all steps: about 20 min as was measured")
    assert [line.partition(" ")[0] for line in among_others[1:]] == ["RTO", "loss:", "loss:"]


def test_a_warm_standby_that_is_down_loses_what_is_not_archived() -> None:
    data = {"db": {"title": "The database", "tier": "critical", "data": "database"}}
    known = [
        KnownSystem(name=name, type="postgres", plays="" if of else name, standby_of=of, acts=["postgres"])
        for name, of in {"db": "", "warm": "db"}.items()
    ]
    readings = {
        "health:db": Reading("health:db", START, {"status": "up", "facts": {"exposure_s": 40}}),
        "health:warm": Reading("health:warm", START, {"status": "down"}),
    }

    def lost(*more: dict[str, Any]) -> tuple[float | None, str]:
        steps = [step("promote", action="postgres.promote", system="db", when={"strategy": ["warm"]}), *more]
        told = Story(plan(*steps, systems=data, strategies={"warm": {"title": "Warm"}}))
        told.tell(e.InventoryRead(path="i.yaml", sha256="0" * 64, systems=known))
        (loss,) = losses(told.incident, "warm", readings, START)
        return loss.seconds, loss.why

    assert lost()[0] is None
    seconds, why = lost(step("activate", action="postgres.activate_standby", system="db", when={"strategy": ["warm"]}))
    assert seconds == 40
    assert "is down: brought to the end of the archive" in why
