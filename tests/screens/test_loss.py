"""What was lost, in the header: met only where what came back was found sound."""

from __future__ import annotations

from datetime import timedelta

from journal.events import types as e
from journal.events.measured import Measured
from journal.store.journal import Journal
from tests.screens.app_services import START, FakeServices, PlayedRunner
from tests.screens.driving import console


async def test_data_that_failed_its_verification_meets_no_rpo(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    def run(step: str, status: str, **facts: str) -> None:
        number = journal.append(e.RunRequested(step=step, action=f"postgres.{step}"))[0].seq
        runner.start(number, step=step, action=f"postgres.{step}")
        runner.finish(number, step=step, status=status, facts=facts)

    last = Measured(newest_commit_at=START, no_commit_after=START)
    journal.append(e.HealthChanged(system="postgres", status="down", was="up", last=last))
    newest = {"newest_commit_at": (START - timedelta(minutes=12)).isoformat()}
    run("restore", "succeeded")
    run("verify", "failed", **newest)
    async with console(services, size) as seen:
        await seen.sees("PostgreSQL NOT PROVEN, 12 min lost")
        run("verify", "succeeded", **newest)
        await seen.sees("met, 12 min lost")
        await seen.no_longer_sees("NOT PROVEN")


async def test_a_bound_is_said_as_one(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    last = Measured(newest_commit_at=START)
    journal.append(e.HealthChanged(system="postgres", status="down", was="up", last=last))
    number = journal.append(e.RunRequested(step="restore", action="postgres.restore"))[0].seq
    runner.start(number, step="restore", action="postgres.restore")
    reached = Measured(recovered_to=START - timedelta(minutes=12))
    runner.finish(number, step="restore", status="succeeded", facts=reached.facts())
    async with console(services, size) as seen:
        await seen.sees("PostgreSQL NOT PROVEN, at most")
