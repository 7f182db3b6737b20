"""What was lost, in the header: met only where what came back was found sound."""

from __future__ import annotations

from datetime import timedelta

from journal.events import types as e
from journal.events.measured import Measured
from journal.events.run import KnownSystem
from journal.incident.fold import fold_journal
from journal.store.journal import Journal, Reader
from screens.guidance.rpo import rpo_line
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


def test_of_a_fleet_only_what_is_hit_is_told(journal: Journal, runner: PlayedRunner) -> None:
    known = [KnownSystem(name=name, type="postgres", plays="postgres") for name in ("orders", "billing")]
    journal.append(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=known))
    runner.health("orders", "up", exposure_s=60)
    runner.health("billing", "up", exposure_s=600)

    def told() -> str:
        with Reader(journal.path) as reader:
            return rpo_line(fold_journal(journal.path), reader.readings(), START, wide=True).plain

    assert "PostgreSQL billing 10 min exposed" in told()
    journal.append(e.DecisionMade(step="affected", name="affected", answer="postgres/orders"))
    assert told() == "RPO PostgreSQL orders 1 min exposed"
